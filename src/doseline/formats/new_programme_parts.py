"""The text of a first programme file, with gaps such as <product> to be filled."""

__all__ = ["DEMAND", "HEAD", "NETWORK", "PRODUCT", "SITE", "SOURCE", "STUDY"]

HEAD = """\
# A programme for Doseline. Every key is explained in docs/reference/programme-file.md.
# `doseline check` says what is wrong with this file, `doseline assess` answers its question.
#
# A value may be written with the place it comes from, and with its range:
#   shelf_life: {value: 120 h, low: 72 h, high: 216 h, basis: assumption, why: "not yet measured"}

name: <programme>
as_of: <starts>        # the day on which the question is asked
from: <starts>
until: <until>
currency: USD
basis: assumption        # holds for every number below that does not say better
"""

PRODUCT = """
products:
  - id: <product>
    name: <product_name>
    carrier: to be named
    payload: to be named
    <nuclide_line>
    shelf_life: <shelf_life>        # from the end of synthesis (EOS) to the last moment of use
    tolerance: 10 %           # administered against ordered activity
    preparation: 30 min       # at the site, from receipt to the earliest use
    recipe:
      - {id: receipt, phase: receipt, planned: 1 h}
      - {id: set-up, phase: setup, planned: 1 h}
      - {id: labelling, phase: make, planned: 1 h, yield: 0.6}
      - {id: filling, phase: fill, planned: 15 min}
      - {id: qc, phase: qc, planned: 2 h}
      - {id: release, phase: release, planned: 1 h}
      - {id: packing, phase: pack, planned: 30 min}
"""

SOURCE = """
sources:
  - id: isotope
    name: isotope supplier
    nuclide: <nuclide>
    deliveries:
      - {manufacturers: [plant, backup], weekdays: [<delivery_weekday>], time: "<delivery_time>"}
    offer_per_week: <offer>
    lot: <lot>                # orders are rounded up to whole lots
    lock: 5 d                 # the order is fixed this long before delivery
    price: 3 USD/mCi
"""

_PLANT = """
  - id: {id}
    name: {name}
    firm: {firm}
    country: <market>
    zone: <zone>
    weekdays: [<weekdays>]
    crew_from: "00:00"        # narrow these to the hours of your crews
    crew_until: "23:59"
    <sources_line>
    makes: [{{product: <product>, from: <starts>}}]
    failures:
      - {{cause: any cause, chance: 3 %, stage: qc}}
    lines:
      - id: {line}
        products: [<product>]
        vials_max: <vials>
        slots:
          - at: <slot>"""

NETWORK = f"""
manufacturers:{_PLANT.format(id="plant", name="<city>", firm="own", line="cell-1")}
{_PLANT.format(id="backup", name="backup plant", firm="contractor", line="cell-2")}

contracts:
  - {{manufacturer: plant, batch_fee: "USD 30,000"}}
  - {{manufacturer: backup, batch_fee: "USD 40,000", reservation_per_month: "USD 10,000"}}

carriers:
  - {{id: courier, mode: road, delay_chance: 2 %, delay: "Tri(1, 2, 6) h", lost: 0.1 %}}
lanes:
  - {{id: from-plant, manufacturer: plant, to: [home], carrier: courier, planned: <transit>,
     transit: "<tri>", cost: USD 900}}
  - {{id: from-backup, manufacturer: backup, to: [home], carrier: courier, planned: <transit>,
     transit: "<tri>", cost: USD 900}}
permissions:
  - {{manufacturer: plant, markets: [<market>], protocols: [<protocols>], from: <starts>}}
  - {{manufacturer: backup, markets: [<market>], protocols: [<protocols>], from: <starts>}}

sites:<site_list>
"""

SITE = """
  - id: site-{n}
    name: Site {n}
    consignee: Site {n}
    country: <market>
    market: <market>
    region: home
    zone: <zone>
    treatment_weekdays: [<treatment_weekdays>]
    daily_capacity: 4
    receives_weekdays: [<weekdays>]
    receives_until: "<closes>"
    infusion_usual: "<usual>"
    infusion_latest: "<latest>"
    <licence>"""

_TRIAL = """
trials:
  - id: main-trial
    name: main trial
    product: <product>
    sites: [<sites>]
    from: <starts>
    until: <demand_until>
    patients: <patients>
    enrolment: {per_site_month: <rate>}
    size: <size>
    arms:
      - id: arm-1
        dose: {rate: <dose>}
        visits: [{day: 1, early_days: 3, late_days: 10}]     # one dose; add the others
"""

_MARKET = """
markets:
  - id: main-market
    name: main market
    product: <product>
    from: <starts>
    until: <demand_until>
    cases:                    # patients who start in each market year
      - {name: low, weight: 25 %, patients: [<low_patients>]}
      - {name: base, weight: 50 %, patients: [<patients>]}
      - {name: high, weight: 25 %, patients: [<high_patients>]}
    size: <size>
    arm:
      id: arm-1
      dose: {rate: <dose>}
      visits: [{day: 1, early_days: 3, late_days: 10}]       # one dose; add the others
    sites: [<site_shares>]
"""

_STANDING = """
standing_demand:
<standing>
"""

DEMAND = {"trial": _TRIAL, "market": _MARKET, "standing": _STANDING}

STUDY = """
target: {otif: <target>}      # share of orders on the day ordered and inside tolerance
questions:
  - {id: main, name: main question, protocols: [<protocols>], from: <starts>, until: <demand_until>}
designs:
  - {id: plant_only, name: one plant, plants: [{manufacturer: plant}]}
  - id: with_backup
    name: a second plant as backup
    plants: [{manufacturer: plant}, {manufacturer: backup}]
scenarios:
  - id: plant_closed
    name: the plant is closed for four weeks
    designs: [plant_only, with_backup]
    shocks: [{hits: manufacturer, targets: [plant], from: <shock_from>, until: <shock_until>}]
"""
