"""The worked week of May 2022 as one batch record: eight vials for four sites, one deviation."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

from doseline.nuclides import nuclide
from doseline.records.decaying import kbq_at
from doseline.records.transport import Container, Content, Package
from doseline.report.papers.sources import (
    Account,
    BatchSheet,
    Deviation,
    Equipment,
    Labels,
    Material,
    Place,
    Product,
    Reading,
    Review,
    Seal,
    Shipment,
    Signature,
    Step,
    Test,
    Vial,
)

ROOT = "3f8a1c0e5d7b92644e0c1a7f9b3d5e6f8091a2b3c4d5e6f708192a3b4c5d6e7f"
HASH = "9c56cc51b374c3ba189210d5b6d4bf57790d351c96c47c02190ecf1e430635ab"
NOTE = (
    "hamilton.example/ledger\n4187\nP4ocDl17kmROAcGn+bPV5vgJGis8TV5vcIGSo7TF1uc=\n"
    "time 2022-05-10T23:20:00.000000Z\n\n"
    "— hamilton.example/quality kR3xQpm4b1t0VbqkQk2m7XkRzv1iXbKzq0v0nY8yS8m0b3l5cJ7m2b0mVw4e"
    "Qq1n8x2Y0c5w3e7u9i1o3p5a7s9d1f3g5h7\n"
)
EOS = datetime(2022, 5, 10, 15, 50, tzinfo=UTC)
HALF_LIFE_MIN = nuclide("I-131").half_life_min

HAMILTON = Place(
    "Example Radiopharmaceuticals Ltd",
    "1280 Example Street West, Hamilton ON, Canada",
    "America/Toronto",
    "CNSC 00000-0-00.0 · DEL 000000-A",
    date(2024, 3, 31),
)
SITES = (
    ("Example Clinic, Jacksonville", "America/New_York", datetime(2022, 5, 12, 15, tzinfo=UTC)),
    (
        "Example Cancer Institute, Seattle",
        "America/Los_Angeles",
        datetime(2022, 5, 13, 18, tzinfo=UTC),
    ),
    (
        "Γενικό Νοσοκομείο Αθηνών «Παράδειγμα»",
        "Europe/Athens",
        datetime(2022, 5, 13, 8, tzinfo=UTC),
    ),
    ("Przykładowy Instytut Onkologii, Łódź", "Europe/Warsaw", datetime(2022, 5, 13, 9, tzinfo=UTC)),
)
PRODUCT = Product(
    name="CLR 131 (iopofosine I-131)",
    substance="18-(p-[¹³¹I]iodophenyl)octadecyl phosphocholine",
    nuclide="I-131",
    half_life_min=HALF_LIFE_MIN,
    half_life="8.0249 d",
    gtin="09501101530003",
    dosage_form="Solution for infusion, 10 mL vial",
    route="Intravenous",
    storage="Store frozen at −15 °C or below. Use within 4 h of thaw.",
    sponsor="Example Biosciences, Inc.",
    authorisation="Protocol EX-16-001, IND 000000",
    warnings=("For clinical trial use only.", "Keep out of the reach of children."),
)


def local(hour: int, minute: int = 0, day: int = 10) -> datetime:
    """A time on Hamilton's wall, four hours behind UTC in May."""
    return datetime(2022, 5, day, hour, minute, tzinfo=UTC) + timedelta(hours=4)


def vials() -> tuple[Vial, ...]:
    return tuple(
        Vial(
            id=f"H-22W19-01-{number:02}",
            activity_kbq=1_054_500,
            calibrated_at=SITES[number % 4][2],
            zone=SITES[number % 4][1],
            label_hash=sha256(f"label {number}".encode()).hexdigest(),
            measured_kbq=1_440_000 + 137 * number,
            volume_ul=2_600 + 5 * number,
            filled_at=EOS,
            expires_at=EOS + timedelta(hours=120),
            state="released",
            order=f"DO-{4410 + number}",
            subject=f"S-{number:03}",
            site=SITES[number % 4][0],
        )
        for number in range(1, 9)
    )


def steps() -> tuple[Step, ...]:
    texts = (
        ("clearance", "Line cleared, hot cell set up, environment in limits", 9, 15, 9, 20),
        ("charge", "Iodide charged into the reactor", 10, 5, 10, 5),
        ("labelling", "Isotope exchange at 145 °C for 120 min", 10, 5, 10, 7),
        ("purification", "Chromatography, fraction of the product collected", 10, 7, 10, 9),
        ("formulation", "Diluted to 10 mCi/mL, ascorbate and gentisate added", 10, 9, 10, 10),
        (
            "filtration",
            "Sterile filtration 0.22 µm, integrity of the filter tested",
            10,
            10,
            10,
            10,
        ),
        ("filling", "Eight vials filled, closed and crimped", 10, 10, 10, 11),
    )
    readings = {
        "labelling": (Reading("Temperature", "145.2 °C", "143 to 147 °C", True),),
        "purification": (Reading("Product fraction", "11.4 mL", "10 to 13 mL", True),),
        "filtration": (Reading("Bubble point", "3.6 bar", "at least 3.4 bar", True),),
        "filling": (
            Reading("Mean fill of ten weighings", "2.61 g", "2.55 to 2.68 g", True),
            Reading("Particles ≥ 0.5 µm in the cell", "312 per m³", "at most 3,520 per m³", True),
        ),
    }
    done = [
        Step(
            name,
            text,
            1,
            local(h1, 0, d1),
            local(h2, 50 if name == "filling" else 0 if h2 > h1 else 30, d2),
            "Andrzej Żółkiewski",
            "Zoë Müller-Lüdenscheidt",
            ("HC-2", "DC-07") if name in ("charge", "filling") else ("HC-2",),
            ("I131-22-0509",) if name == "charge" else (),
            readings.get(name, ()),
        )
        for name, text, d1, h1, d2, h2 in texts
    ]
    first = replace(
        done[5],
        attempt=1,
        done_at=local(10, 12),
        voided="filter failed its integrity test, changed",
        readings=(Reading("Bubble point", "2.9 bar", "at least 3.4 bar", False),),
    )
    done[5:6] = [first, replace(done[5], attempt=2, started_at=local(10, 14))]
    return tuple(done)


def tests() -> tuple[Test, ...]:
    quality, second = "Σοφία Παπαδοπούλου", "Иван Петров"
    ended = local(14, 20)

    def done(name: str, method: str, limit: str, result: str, note: str = "") -> Test:
        return Test(
            name, method, limit, result, "passes", "release", quality, second, ended, note=note
        )

    due = EOS + timedelta(days=14)
    return (
        done("Appearance", "Visual, SOP-QC-011", "clear, colourless", "clear, colourless"),
        done("pH", "Ph. Eur. 2.2.3", "4.5 to 7.0", "5.8"),
        done("Identity (HPLC)", "SOP-QC-022", "retention 0.95 to 1.05", "1.00"),
        done("Radionuclidic identity", "γ spectrometry", "364.5 ± 2 keV", "364.4 keV"),
        done("Radiochemical purity", "HPLC, SOP-QC-022", "at least 95.0 %", "98.3 %", "second run"),
        done("Activity concentration", "DC-07", "9.0 to 11.0 mCi/mL at EOS", "10.1 mCi/mL"),
        done("Bacterial endotoxin", "LAL cartridge", "at most 17.5 EU/mL", "below 1.0 EU/mL"),
        done("Filter integrity", "Bubble point", "at least 3.4 bar", "3.6 bar"),
        Test("Sterility", "Ph. Eur. 2.6.1", "sterile", "", "", "late", "", "", None, due_at=due),
    )


def signatures(european: bool = False) -> tuple[Signature, ...]:
    given: tuple[tuple[str, str, str, str, datetime], ...] = (
        ("Σοφία Παπαδοπούλου", "Quality control", "test Sterility", "performed", local(14, 25)),
        ("Иван Петров", "Quality control", "test pH", "reviewed", local(15, 10)),
        ("Margaret O’Connor-Sørensen", "Quality assurance", "batch", "reviewed", local(18, 40)),
        ("Dr Anna Kovács", "Quality assurance", "batch", "released", local(19, 20)),
    )
    if european:
        given += (
            ("Dr Pieter van den Berg", "Qualified Person", "batch", "certified", local(19, 50)),
        )
    return tuple(Signature(*who, digest=HASH) for who in given)


def seal(demo: bool) -> Seal:
    return Seal(HASH, "hamilton.example/ledger", 4187, ROOT, NOTE, demo)


def shipment() -> Shipment:
    tendered = local(20, 0)
    chosen = vials()[1:2]
    kbq = sum(
        kbq_at(vial.activity_kbq, vial.calibrated_at, tendered, HALF_LIFE_MIN) for vial in chosen
    )
    return Shipment(
        id="SH-2022-0419",
        consignee=Place(
            SITES[2][0],
            "Odos Paradeigma 1, 000 00 Athens, Greece",
            "Europe/Athens",
            "EEAE 000/00",
            date(2023, 12, 31),
            "Zoë Müller-Lüdenscheidt, 2 May 2022, copy of the licence read",
        ),
        vials=tuple(vial.id for vial in chosen),
        contents=Package((Content("I-131", kbq),), 182_000, 6_410),
        container=Container(
            "20 mm lead in polystyrene", "TA-0107", "TR-2021-44", date(2023, 5, 31)
        ),
        gross_mass="14.2 kg",
        dimensions="35 × 35 × 42 cm",
        packed_at=tendered,
        chemical_form="organic iodine compound in aqueous solution",
        carrier="Example Air Cargo",
        air_waybill="000-1234 5675",
        passenger_aircraft=True,
        emergency_phone="+1 905 555 0100",
        wipe="below 0.4 Bq/cm² (limit 4 Bq/cm²)",
        survey_meter="SM-12, calibrated until 30 Sep 2022",
        shipper="Pat Gagné, shipping",
    )


def sheet(demo: bool = True, european: bool = False) -> BatchSheet:
    """The batch record of the worked week. [kBq]"""
    mci = 37_000
    out = (
        ("vials", 295.44 * 1.05),
        ("samples", 9.59),
        ("residue", 4.21),
        ("waste", 240.77),
        ("variance", -0.35),
    )
    accounts = [Account(name, round(amount * mci)) for name, amount in out]
    received = Account("charged", -sum(account.kbq for account in accounts))
    return BatchSheet(
        id="H-22W19-01",
        product=PRODUCT,
        plant=HAMILTON,
        line="hamilton-1, hot cell HC-2",
        master="MBR-CLR131 version 7",
        certified_for=("eu-annex3",) if european else (),
        state="conditionally released",
        planned_vials=8,
        started_at=local(5),
        filled_at=EOS,
        expires_at=EOS + timedelta(hours=120),
        reference_at=EOS,
        bulk_kbq=round(319.81 * mci),
        yield_ppm=580_500,
        yield_low_ppm=450_000,
        yield_high_ppm=750_000,
        seal=seal(demo),
        conditional=True,
        released_at=local(19, 20),
        import_plant=Place(
            "Example Import B.V.",
            "Voorbeeldgracht 000, Amsterdam, Netherlands",
            "Europe/Amsterdam",
            "MIA 000000 F",
        )
        if european
        else None,
        materials=(
            Material(
                "Sodium iodide I-131",
                "I131-22-0509",
                "Example Isotopes",
                "24.05 GBq (650 mCi) at 9 May 2022 12:00 EDT",
                "released",
                EOS + timedelta(days=20),
            ),
            Material(
                "CLR 1404 precursor",
                "PRE-0031",
                "Example Chemicals",
                "2.0 mg",
                "released",
                EOS + timedelta(days=400),
            ),
            Material(
                "Vials 10 mL, sterile",
                "V10-8841",
                "Example Glass",
                "9",
                "released",
                EOS + timedelta(days=700),
            ),
            Material(
                "Sterile filter 0.22 µm",
                "F22-1190",
                "Example Filters",
                "2",
                "released",
                EOS + timedelta(days=300),
            ),
        ),
        equipment=(
            Equipment(
                "HC-2", "Hot cell with isolator, grade A", "Q-2021-118", EOS + timedelta(days=200)
            ),
            Equipment(
                "DC-07",
                "Dose calibrator, geometry 10 mL vial",
                "C-2022-031",
                EOS + timedelta(days=90),
            ),
            Equipment(
                "LC-03", "HPLC with radioactivity detector", "C-2022-007", EOS + timedelta(days=50)
            ),
        ),
        steps=steps(),
        accounts=(received, *accounts),
        vials=vials(),
        tests=tests(),
        deviations=(
            Deviation(
                "DEV-0212",
                "First sterile filter failed its integrity test",
                "not blocking",
                "Wetting was too short; filtered again through a new filter of the same lot, "
                "within the validated two filtrations.",
                "closed",
            ),
        ),
        labels=Labels(20, 16, 2, 2),
        review=Review(214, 1, 0, "Margaret O’Connor-Sørensen"),
        signatures=signatures(european),
        shipments=(shipment(),),
    )
