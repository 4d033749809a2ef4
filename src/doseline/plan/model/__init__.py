"""The mixed-integer programme, one function a rule; see docs/reference/model.md."""
