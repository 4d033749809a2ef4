import pickle
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doseline.errors import Fault, InputError, ProgrammeError, QuantityError, near_miss
from doseline.quantities import (
    Activity,
    Calibrated,
    DosePer,
    Money,
    activity_mbq_from_text,
    concentration_mbq_per_ml_from_text,
    dose_rate_from_text,
    fraction_from_text,
    minutes_from_text,
    money_cents_from_text,
    price_per_activity_from_text,
    rate_per_month_from_text,
    text_from_activity,
    text_from_concentration,
    text_from_dose_rate,
    text_from_fraction,
    text_from_minutes,
    text_from_money,
    text_from_price_per_activity,
    text_from_rate_per_month,
)

AMOUNTS = st.floats(min_value=0, max_value=1e12, allow_subnormal=False)
I131 = timedelta(days=8.0249)


def test_a_dose_of_28_5_mci_is_1_0545_gbq() -> None:
    dose = Activity.from_mci(15 * 1.9)
    assert dose.gbq == 1.0545
    assert str(dose) == "1.0545 GBq (28.50 mCi)"


def test_the_units_of_activity_agree() -> None:
    assert Activity.from_ci(1) == Activity.from_mci(1000) == Activity.from_gbq(37)
    assert Activity.from_kbq(1500).mbq == 1.5
    assert Activity(37.0).mci == 1.0
    assert Activity(37_000.0).ci == 1.0


def test_kilobecquerel_round_half_to_even() -> None:
    assert [Activity(mbq).kbq for mbq in (0.0005, 0.0015, 0.0025)] == [0, 2, 2]


def test_activities_add_and_scale() -> None:
    assert Activity(2.0) + Activity(3.0) == Activity(5.0)
    assert Activity(3.0) - Activity(2.0) == Activity(1.0)
    assert 2 * Activity(3.0) == Activity(3.0) * 2 == Activity(6.0)
    assert Activity(3.0) / 2 == Activity(1.5)
    assert Activity(3.0) / Activity(2.0) == 1.5
    assert Activity(2.0) < Activity(3.0)


@pytest.mark.parametrize("mbq", [-1.0, float("nan"), float("inf")])
def test_an_impossible_activity_is_refused(mbq: float) -> None:
    with pytest.raises(QuantityError, match="at least 0 MBq"):
        Activity(mbq)


def test_more_than_there_is_cannot_be_taken_away() -> None:
    with pytest.raises(QuantityError):
        Activity(1.0) - Activity(2.0)


def test_a_calibration_time_needs_a_zone() -> None:
    with pytest.raises(QuantityError, match="time zone"):
        Calibrated(Activity(1.0), datetime(2022, 3, 1))
    with pytest.raises(QuantityError, match="time zone"):
        Calibrated(Activity(1.0), datetime(2022, 3, 1, tzinfo=UTC)).decayed_to(
            datetime(2022, 3, 2), I131
        )


def test_a_half_life_is_above_zero() -> None:
    dose = Calibrated(Activity(1.0), datetime(2022, 3, 1, tzinfo=UTC))
    with pytest.raises(QuantityError, match="half-life"):
        dose.decayed_to(dose.at, timedelta(0))


def test_decay_runs_on_elapsed_time_through_a_clock_change() -> None:
    """From noon to noon over the spring change 23 hours pass, not 24."""
    toronto = ZoneInfo("America/Toronto")
    dose = Calibrated(Activity(100.0), datetime(2022, 3, 12, 12, tzinfo=toronto))
    later = dose.decayed_to(datetime(2022, 3, 13, 12, tzinfo=toronto), I131)
    assert later.activity.mbq == pytest.approx(100 * 0.5 ** (23 / (8.0249 * 24)), rel=1e-12)


@given(
    first_min=st.integers(min_value=-20_000, max_value=20_000),
    second_min=st.integers(min_value=-20_000, max_value=20_000),
)
def test_decay_does_not_depend_on_the_stops_along_the_way(first_min: int, second_min: int) -> None:
    dose = Calibrated(Activity(1054.5), datetime(2022, 10, 30, tzinfo=ZoneInfo("Europe/Athens")))
    stop = dose.at.astimezone(UTC) + timedelta(minutes=first_min)
    end = dose.at.astimezone(UTC) + timedelta(minutes=second_min)
    by_stop = dose.decayed_to(stop, I131).decayed_to(end, I131)
    assert by_stop.activity.mbq == pytest.approx(dose.decayed_to(end, I131).activity.mbq, rel=1e-12)


def test_a_calibrated_activity_shows_its_time_and_zone() -> None:
    at = datetime(2022, 7, 1, 9, 30, tzinfo=ZoneInfo("America/Toronto"))
    assert str(Calibrated(Activity(185.0), at)) == "185.00 MBq (5.00 mCi) at 2022-07-01 09:30 EDT"


def test_money_rounds_half_to_even() -> None:
    assert Money(5, "USD") * 0.5 == Money(2, "USD")
    assert Money(15, "USD") * 0.1 == Money(2, "USD")
    assert Money(7, "USD") * 0.5 == Money(4, "USD")
    assert Money.of(0.125, "USD") == Money(12, "USD")
    assert 2 * Money.of(12.50, "USD") == Money(2500, "USD")


def test_two_currencies_do_not_mix() -> None:
    with pytest.raises(QuantityError, match="USD and EUR"):
        Money(1, "USD") + Money(1, "EUR")
    with pytest.raises(QuantityError, match="USD and EUR"):
        Money(1, "USD") - Money(1, "EUR")


def test_money_is_shown_with_its_currency() -> None:
    assert str(Money.of(1234567.5, "USD")) == "USD 1,234,567.50"
    assert str(Money(-5, "EUR")) == "EUR -0.05"


@pytest.mark.parametrize("currency", ["usd", "US", "$", ""])
def test_a_currency_is_a_code_of_three_capitals(currency: str) -> None:
    with pytest.raises(QuantityError, match="three capitals"):
        Money(1, currency)


def test_endless_money_is_refused() -> None:
    with pytest.raises(QuantityError, match="finite"):
        Money.of(float("inf"), "USD")


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("120 h", 7200),
        ("90 min", 90),
        ("90min", 90),
        ("21 d", 30240),
        ("3 weeks", 30240),
        ("24 months", 1_051_920),
        ("1 year", 525_960),
        ("6 h 50 min", 410),
        ("2 d and 6 hours", 3240),
        ("1,000 h", 60_000),
        ("0.5 min", 0),
        ("1.5 min", 2),
    ],
)
def test_durations_are_read(text: str, minutes: int) -> None:
    assert minutes_from_text(text) == minutes


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("120", "unit is missing"),
        ("-2 h", "at least 0"),
        ("2 huors", "did you mean hours"),
        ("soon", "a duration such as"),
        ("2 h soon", "a duration such as"),
        ("", "a duration such as"),
    ],
)
def test_what_is_no_duration_is_refused(text: str, says: str) -> None:
    with pytest.raises(QuantityError, match=says):
        minutes_from_text(text)


@pytest.mark.parametrize(
    ("text", "mbq"),
    [
        ("15 mCi", 555.0),
        ("15 mci", 555.0),
        ("2.5 GBq", 2500.0),
        ("2.5 gbq", 2500.0),
        ("185 MBq", 185.0),
        ("0.5 Ci", 18_500.0),
        ("7.4 TBq", 7_400_000.0),
        ("300 kBq", 0.3),
        ("10 µCi", 0.37),
        ("1,500 MBq", 1500.0),
    ],
)
def test_activities_are_read(text: str, mbq: float) -> None:
    assert activity_mbq_from_text(text) == mbq


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("15 MCi", "megacurie"),
        ("15 MCI", "megacurie"),
        ("185 mBq", "millibecquerel"),
        ("185 mbq", "millibecquerel"),
        ("185", "unit is missing"),
        ("15 mCu", "did you mean mCi"),
        ("1,5 GBq", "comma stands between thousands"),
        ("-1 MBq", "at least 0"),
        ("much", "an activity such as"),
    ],
)
def test_what_is_no_activity_is_refused(text: str, says: str) -> None:
    with pytest.raises(QuantityError, match=says):
        activity_mbq_from_text(text)


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("USD 1,500", 150_000),
        ("1500 USD", 150_000),
        ("45,000 usd", 4_500_000),
        ("USD 12.50", 1250),
        ("12.505 USD", 1250),
        ("-3 USD", -300),
    ],
)
def test_money_is_read(text: str, cents: int) -> None:
    assert money_cents_from_text(text) == (cents, "USD")


def test_a_plain_number_takes_the_currency_at_hand() -> None:
    assert money_cents_from_text(1500, "EUR") == (150_000, "EUR")
    with pytest.raises(QuantityError, match="currency is missing"):
        money_cents_from_text("1500")


@pytest.mark.parametrize("text", ["1500 dollars", "$1500", "USD", "USD 1 EUR"])
def test_what_is_no_money_is_refused(text: str) -> None:
    with pytest.raises(QuantityError, match="an amount of money such as"):
        money_cents_from_text(text)


def test_shares_are_read() -> None:
    assert fraction_from_text("95 %") == fraction_from_text("0.95") == fraction_from_text(0.95)
    assert fraction_from_text("110 %", at_most=2.0) == 1.1
    with pytest.raises(QuantityError, match="did you mean 95 %"):
        fraction_from_text("95")
    with pytest.raises(QuantityError, match="is not %"):
        fraction_from_text("95 percent")


def test_dose_rules_are_read() -> None:
    assert dose_rate_from_text("15 mCi/m2") == (555.0, "m2")
    assert dose_rate_from_text("15 mCi per m²") == (555.0, "m2")
    assert dose_rate_from_text("74 MBq/kg") == (74.0, "kg")
    assert dose_rate_from_text("185 MBq") == (185.0, "flat")
    with pytest.raises(QuantityError, match="neither m2 nor kg"):
        dose_rate_from_text("15 mCi/lb")


def test_concentrations_prices_and_rates_are_read() -> None:
    assert concentration_mbq_per_ml_from_text("10 mCi/mL") == 370.0
    assert price_per_activity_from_text("3 USD/mCi") == (300 / 37, "USD")
    assert price_per_activity_from_text("USD 3 per MBq") == (300.0, "USD")
    assert rate_per_month_from_text("0.11 per month") == 0.11
    assert rate_per_month_from_text("1 a week") == pytest.approx(4.348, abs=1e-3)
    for refused in ("10 mCi", "10 mCi/L"):
        with pytest.raises(QuantityError, match="a concentration such as"):
            concentration_mbq_per_ml_from_text(refused)
    with pytest.raises(QuantityError, match="a price such as"):
        price_per_activity_from_text("3 USD")
    with pytest.raises(QuantityError, match="a rate such as"):
        rate_per_month_from_text("0.11")


@given(st.integers(min_value=0, max_value=10**9))
def test_a_duration_written_and_read_is_the_same(minutes: int) -> None:
    assert minutes_from_text(text_from_minutes(minutes)) == minutes


@given(AMOUNTS)
def test_an_activity_written_and_read_is_the_same(mbq: float) -> None:
    assert activity_mbq_from_text(text_from_activity(mbq)) == mbq
    assert concentration_mbq_per_ml_from_text(text_from_concentration(mbq)) == mbq


@given(AMOUNTS, st.sampled_from(["m2", "kg", "flat"]))
def test_a_dose_rule_written_and_read_is_the_same(mbq: float, basis: DosePer) -> None:
    assert dose_rate_from_text(text_from_dose_rate(mbq, basis)) == (mbq, basis)


@given(st.integers(min_value=-(10**14), max_value=10**14), st.sampled_from(["USD", "EUR", "CAD"]))
def test_money_written_and_read_is_the_same(cents: int, currency: str) -> None:
    assert money_cents_from_text(text_from_money(cents, currency)) == (cents, currency)


@given(st.floats(min_value=0, max_value=1, allow_subnormal=False))
def test_a_share_written_and_read_is_the_same(share: float) -> None:
    assert fraction_from_text(text_from_fraction(share)) == share


@given(AMOUNTS)
def test_prices_and_rates_written_and_read_are_the_same(value: float) -> None:
    assert price_per_activity_from_text(text_from_price_per_activity(value, "USD")) == (
        value,
        "USD",
    )
    assert rate_per_month_from_text(text_from_rate_per_month(value)) == value


def test_every_fault_is_said_at_once_and_survives_the_way_between_workers() -> None:
    faults = (Fault("p.yaml", 41, "as_of", "missing"), Fault("p.yaml", 0, "", "empty"))
    error = InputError(faults)
    assert str(error) == "p.yaml:41  as_of: missing\np.yaml  empty"
    assert isinstance(error, ProgrammeError)
    again = pickle.loads(pickle.dumps(error))
    assert again.faults == faults
    assert ProgrammeError(faults[0]).faults == faults[:1]


def test_a_near_miss_is_near() -> None:
    assert near_miss("tusday", ["Tuesday", "Monday"]) == "Tuesday"
    assert near_miss("breakfast", ["Tuesday", "Monday"]) is None
