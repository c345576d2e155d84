//! The tenants and users that the demo creates, and how their usage moves.

use super::life::Pace;
use crate::domain::quota::Item;

const GIB: u64 = 1 << 30;
const TIB: u64 = 1 << 40;

/// The partner with a brand and a shop.
pub(super) const BRANDED: &str = "Nordlicht Cloud";

/// The partner that has set up neither.
pub(super) const UNBRANDED: &str = "Southbank IT";

pub(super) struct CustomerPlan {
    pub(super) partner: &'static str,
    pub(super) name: &'static str,
    pub(super) domain: &'static str,
    pub(super) language: &'static str,
    pub(super) story: &'static str,
    pub(super) quotas: &'static [QuotaPlan],
    pub(super) people: &'static [PersonPlan],
}

pub(super) struct QuotaPlan {
    pub(super) item: Item,
    pub(super) quota: u64,
    pub(super) usage: u64,
    pub(super) pace: Pace,
}

pub(super) struct PersonPlan {
    pub(super) first: &'static str,
    pub(super) last: &'static str,
    pub(super) language: &'static str,
    pub(super) admin: bool,
    pub(super) buyer: bool,
    pub(super) quotas: &'static [QuotaPlan],
}

const fn storage(quota: u64, usage: u64, pace: Pace) -> QuotaPlan {
    QuotaPlan {
        item: Item::StorageSize,
        quota,
        usage,
        pace,
    }
}

const fn count(item: Item, quota: u64, usage: u64) -> QuotaPlan {
    QuotaPlan {
        item,
        quota,
        usage,
        pace: Pace::STILL,
    }
}

const fn person(
    (first, last): (&'static str, &'static str),
    language: &'static str,
    (admin, buyer): (bool, bool),
    quotas: &'static [QuotaPlan],
) -> PersonPlan {
    PersonPlan {
        first,
        last,
        language,
        admin,
        buyer,
        quotas,
    }
}

const BOTH: (bool, bool) = (true, true);
const ADMIN_ONLY: (bool, bool) = (true, false);
const BUYER_ONLY: (bool, bool) = (false, true);
const NEITHER: (bool, bool) = (false, false);

pub(super) const FLEET: [CustomerPlan; 4] = [
    CustomerPlan {
        partner: BRANDED,
        name: "Alpenblick Hotels",
        domain: "alpenblick.example",
        language: "de",
        story: "Starts with storage and virtual machines over their quotas, and one user’s own storage too.",
        quotas: &[
            storage(2 * TIB, 2130 * GIB, Pace::new(60, 112, 0)),
            count(Item::VirtualMachines, 10, 12),
            count(Item::PhysicalServers, 6, 5),
        ],
        people: &[
            person(("Anna", "Gruber"), "de", BOTH, &[]),
            person(
                ("Lukas", "Moser"),
                "de",
                BUYER_ONLY,
                &[storage(50 * GIB, 52 * GIB, Pace::STILL)],
            ),
            person(("Eva", "Brandl"), "de", ADMIN_ONLY, &[]),
            person(("Tom", "Reiter"), "en", NEITHER, &[]),
        ],
    },
    CustomerPlan {
        partner: BRANDED,
        name: "Harbor & Finch Architects",
        domain: "harborfinch.example",
        language: "en",
        story: "Backups grow. Watch storage pass 90 % and then 100 %; after a while someone cleans up.",
        quotas: &[
            storage(4 * TIB, 3620 * GIB, Pace::new(700, 104, 82)),
            count(Item::PhysicalMachines, 40, 31),
            count(Item::PhysicalServers, 4, 2),
        ],
        people: &[
            person(("Grace", "Finch"), "en", BOTH, &[]),
            person(("Omar", "Haddad"), "de", BUYER_ONLY, &[]),
            person(
                ("Priya", "Nair"),
                "en",
                NEITHER,
                &[storage(100 * GIB, 61 * GIB, Pace::new(150, 88, 55))],
            ),
        ],
    },
    CustomerPlan {
        partner: BRANDED,
        name: "Lindqvist Dental",
        domain: "lindqvist.example",
        language: "en",
        story: "All is well: nobody sees a message, nobody gets mail.",
        quotas: &[
            storage(TIB, 402 * GIB, Pace::new(350, 52, 36)),
            count(Item::PhysicalMachines, 12, 9),
            count(Item::MobileDevices, 10, 6),
        ],
        people: &[
            person(("Maja", "Lindqvist"), "en", BOTH, &[]),
            person(("Jonas", "Ek"), "de", ADMIN_ONLY, &[]),
        ],
    },
    CustomerPlan {
        partner: UNBRANDED,
        name: "Kettle & Crane Foods",
        domain: "kettlecrane.example",
        language: "en",
        story: "The partner has set no Buy URL: the same alerts, but no way to the shop.",
        quotas: &[
            storage(3 * TIB, 2850 * GIB, Pace::new(90, 97, 0)),
            count(Item::MobileDevices, 12, 13),
        ],
        people: &[
            person(("Ruth", "Crane"), "en", BOTH, &[]),
            person(("Ben", "Kettle"), "de", BUYER_ONLY, &[]),
        ],
    },
];
