use super::*;
use crate::domain::meter::ItemStatus;
use crate::domain::proposal::Proposal;
use crate::domain::quota::{Item, Percent, Quota, Scope};

const GIB: u64 = 1 << 30;

fn price(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// The plan that the vendor prints.
fn seed() -> PlanTerms {
    PlanTerms {
        name: "20g Monthly".to_owned(),
        setup_price: price("0.00"),
        base_usage_bytes: 21_474_836_480,
        base_price: price("19.95"),
        extra_usage_bytes: 1_073_741_824,
        extra_price: price("0.95"),
        computers: 10,
        computers_usage_bytes: 5_368_709_120,
        computers_price: price("4.95"),
        local_backup_price: price("4.95"),
        vm_host_price: price("60"),
        disk_image_price: price("60"),
        es_seat_price: price("30"),
        es_connection_price: price("25"),
        es_cost_extra_block: price("50"),
    }
}

fn status(item: Item, usage: u64, quota: Quota) -> ItemStatus {
    ItemStatus {
        item,
        state: quota.state(usage, Percent::new(90)),
        usage,
        quota,
        since: Timestamp::default(),
    }
}

fn storage(usage: u64, quota: u64) -> ItemStatus {
    status(Item::StorageSize, usage, Quota::soft(quota))
}

fn machines(usage: u64, quota: u64) -> ItemStatus {
    status(Item::PhysicalMachines, usage, Quota::soft(quota))
}

/// What is said, as `3 blocks 2.85, 2 computers 9.90`; empty where nothing is.
fn told(terms: &PlanTerms, items: &[ItemStatus]) -> String {
    let told = what_to_buy(terms, None, items);
    let items = [Item::StorageSize, Item::PhysicalMachines];
    let bought = items.map(|item| told.of(Scope::Tenant, item));
    let bought = bought.into_iter().flatten();
    let said = bought.map(|bought| {
        let goods = match bought.goods {
            Goods::Blocks {
                computers_bytes: 0, ..
            } => "blocks".to_owned(),
            Goods::Blocks {
                computers_bytes, ..
            } => format!("blocks beside {}", computers_bytes / GIB),
            Goods::Computers => "computers".to_owned(),
        };
        format!("{} {goods} {}", bought.count, bought.total)
    });
    said.collect::<Vec<_>>().join(", ")
}

/// Blocks of 1 GiB at 0.95.
#[test]
fn storage_worked_by_hand() {
    for (usage, quota, expected) in [
        (19 * GIB, 20 * GIB, ""),
        // Soon is not over, and full is nothing over.
        (20 * GIB - 1, 20 * GIB, ""),
        (20 * GIB, 20 * GIB, ""),
        (20 * GIB + 1, 20 * GIB, "1 blocks 0.95"),
        (21 * GIB, 20 * GIB, "1 blocks 0.95"),
        (21 * GIB + 1, 20 * GIB, "2 blocks 1.90"),
        // 2.5 GiB over: 3 × 0.95
        (22 * GIB + GIB / 2, 20 * GIB, "3 blocks 2.85"),
        (GIB, 0, "1 blocks 0.95"),
        // 2^64 − 1 bytes are 2^34 blocks less one byte: 17,179,869,184 × 0.95
        (u64::MAX, 0, "17179869184 blocks 16320875724.80"),
    ] {
        assert_eq!(
            told(&seed(), &[storage(usage, quota)]),
            expected,
            "{usage} of {quota}"
        );
    }
    let hard = status(Item::StorageSize, 30 * GIB, Quota::hard(20 * GIB, GIB));
    assert_eq!(told(&seed(), &[hard]), "10 blocks 9.50");
}

/// 10 computers are included; each further one is 4.95.
#[test]
fn computers_worked_by_hand() {
    for (usage, quota, expected) in [
        (9, 10, ""),
        (10, 10, ""),
        (12, 10, "2 computers 9.90"),
        // Two extra computers were bought before; three more are needed.
        (15, 12, "3 computers 14.85"),
        // The plan includes more than the quota lets in: nothing costs anything.
        (7, 5, ""),
        (13, 5, "3 computers 14.85"),
    ] {
        assert_eq!(
            told(&seed(), &[machines(usage, quota)]),
            expected,
            "{usage} of {quota}"
        );
    }
}

/// Each extra computer brings 5 GiB.
#[test]
fn computers_bring_storage() {
    for (items, expected) in [
        // 12 GiB over; 2 computers bring 10 GiB: 2 blocks are left.
        (
            vec![storage(32 * GIB, 20 * GIB), machines(12, 10)],
            "2 blocks beside 10 1.90, 2 computers 9.90",
        ),
        // 10 GiB over; 2 computers bring exactly that.
        (
            vec![machines(12, 10), storage(30 * GIB, 20 * GIB)],
            "2 computers 9.90",
        ),
        // Machines that are not over bring nothing.
        (
            vec![machines(10, 11), storage(25 * GIB, 20 * GIB)],
            "5 blocks 4.75",
        ),
    ] {
        assert_eq!(told(&seed(), &items), expected);
    }
}

#[test]
fn nothing_is_said_of_what_is_not_over_or_not_sold() {
    let unlimited = |item| status(item, u64::MAX, Quota::UNLIMITED);
    for items in [
        vec![],
        vec![
            unlimited(Item::StorageSize),
            unlimited(Item::PhysicalMachines),
        ],
        vec![status(Item::PhysicalServers, 12, Quota::soft(10))],
        vec![status(Item::VirtualMachines, 12, Quota::soft(10))],
        vec![status(Item::MobileDevices, 12, Quota::soft(10))],
    ] {
        assert_eq!(told(&seed(), &items), "");
    }
}

#[test]
fn plans_that_lack_something_say_nothing_of_it() {
    let items = [storage(25 * GIB, 20 * GIB), machines(12, 10)];
    let no_blocks = PlanTerms {
        extra_usage_bytes: 0,
        ..seed()
    };
    assert_eq!(told(&no_blocks, &items), "2 computers 9.90");
    let bring_nothing = PlanTerms {
        computers_usage_bytes: 0,
        ..seed()
    };
    assert_eq!(
        told(&bring_nothing, &items),
        "5 blocks 4.75, 2 computers 9.90"
    );
    // 5 times a price of 28 digits has too many.
    let priceless = PlanTerms {
        extra_price: price("9999999999999999999999999999"),
        computers_usage_bytes: 0,
        ..seed()
    };
    assert_eq!(told(&priceless, &items), "2 computers 9.90");
    let bring_all = PlanTerms {
        computers_usage_bytes: u64::MAX,
        ..seed()
    };
    assert_eq!(told(&bring_all, &items), "2 computers 9.90");
}

#[test]
fn totals_keep_the_scale_and_the_currency() {
    let currency = Currency::from_code("EUR");
    let terms = PlanTerms {
        extra_price: price("4.810"),
        ..seed()
    };
    let told = what_to_buy(&terms, currency, &[storage(22 * GIB, 20 * GIB)]);
    let purchase = told.of(Scope::Tenant, Item::StorageSize).unwrap();
    assert_eq!(purchase.unit_price.to_string(), "4.810");
    assert_eq!(purchase.total.to_string(), "9.620");
    assert_eq!(purchase.currency, currency);
    assert_eq!(
        purchase.goods,
        Goods::Blocks {
            bytes_each: GIB,
            computers_bytes: 0
        }
    );
    let free = PlanTerms {
        extra_price: price("0.00"),
        ..seed()
    };
    let told = what_to_buy(&free, None, &[storage(22 * GIB, 20 * GIB)]);
    assert_eq!(
        told.of(Scope::Tenant, Item::StorageSize)
            .unwrap()
            .total
            .to_string(),
        "0.00"
    );
}

#[test]
fn terms_that_make_no_sense_are_refused_by_name() {
    assert_eq!(seed().check(), Ok(()));
    for (name, ok) in [
        ("x", true),
        (" ", false),
        ("a\nb", false),
        ("a\u{ffff}b", false),
        (&"x".repeat(200), true),
        (&"x".repeat(201), false),
    ] {
        let terms = PlanTerms {
            name: name.to_owned(),
            ..seed()
        };
        assert_eq!(
            terms.check().map_err(|bad| bad.field),
            if ok { Ok(()) } else { Err("name") }
        );
    }
    let terms = PlanTerms {
        es_seat_price: price("-0.01"),
        ..seed()
    };
    assert_eq!(terms.check().unwrap_err().field, "es_seat_price");
    let terms = PlanTerms {
        es_seat_price: price("-0.00"),
        ..seed()
    };
    assert_eq!(terms.check(), Ok(()));
}

#[test]
fn currencies_are_three_capital_letters() {
    assert_eq!(Currency::from_code("EUR").unwrap().to_string(), "EUR");
    for bad in ["", "EU", "EURO", "eur", "E1R", "é", "EU\n"] {
        assert_eq!(Currency::from_code(bad), None, "{bad:?}");
    }
}

/// Each reason why nothing is to be bought, where it comes from.
#[test]
fn what_is_not_to_be_bought_has_a_reason() {
    use NothingToBuy::{
        Included, NoBlocks, NoPlan, NotBuyNow, NotOver, NotSold, TooLarge, UsersOwn,
    };
    let over = [storage(22 * GIB, 20 * GIB), machines(12, 11)];
    let why = |terms: &PlanTerms, items: &[ItemStatus], item| {
        what_to_buy(terms, None, items)
            .of(Scope::Tenant, item)
            .err()
    };
    let no_blocks = PlanTerms {
        extra_usage_bytes: 0,
        ..seed()
    };
    let huge = PlanTerms {
        extra_price: price("9999999999999999999999999999"),
        ..seed()
    };
    let only_storage = &over[..1];
    let (bytes, pcs) = (Item::StorageSize, Item::PhysicalMachines);
    for (terms, items, item, expected) in [
        (&seed(), only_storage, bytes, None),
        (&seed(), only_storage, pcs, Some(NotOver)),
        (&seed(), only_storage, Item::VirtualMachines, Some(NotSold)),
        // The computer to be bought brings 5 GiB, and 2 are missing.
        (&seed(), &over, bytes, Some(Included)),
        (&seed(), &over, pcs, None),
        (&seed(), &[machines(9, 5)], pcs, Some(Included)),
        (&no_blocks, only_storage, bytes, Some(NoBlocks)),
        (&no_blocks, &over, bytes, Some(Included)),
        (&no_blocks, &over[1..], bytes, Some(NotOver)),
        (&huge, only_storage, bytes, Some(TooLarge)),
    ] {
        assert_eq!(why(terms, items, item), expected, "{item} {items:?}");
    }
    let told = what_to_buy(&seed(), None, &over);
    assert_eq!(told.of(Scope::User, bytes), Err(UsersOwn));
    let plan = PlanRef {
        partner: TenantId::random(),
        plan: PlanId(1),
    };
    let (buy_now, sales) = (Some(Proposal::BuyNow), Some(Proposal::ContactSales));
    for (proposal, named, items, expected) in [
        (buy_now, Some(plan), &over[..], Ok(plan)),
        (sales, Some(plan), &over[..], Err(NotBuyNow)),
        (None, None, &over[..], Err(NotBuyNow)),
        (buy_now, None, &over[..], Err(NoPlan)),
        (buy_now, Some(plan), &[], Err(NotOver)),
    ] {
        assert_eq!(plan_in_question(proposal, named, items), expected);
    }
}
