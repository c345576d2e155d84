use super::*;
use crate::meter::ItemStatus;
use crate::proposal::Proposal;
use crate::quota::{Item, Percent, Quota, Scope};

const GIB: u64 = 1 << 30;

fn price(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// The plan that the vendor prints.
fn vendor_plan() -> PlanTerms {
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
        let told = told(&vendor_plan(), &[storage(usage, quota)]);
        assert_eq!(told, expected, "{usage} of {quota}");
    }
    let hard = status(Item::StorageSize, 30 * GIB, Quota::hard(20 * GIB, GIB));
    assert_eq!(told(&vendor_plan(), &[hard]), "10 blocks 9.50");
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
        let told = told(&vendor_plan(), &[machines(usage, quota)]);
        assert_eq!(told, expected, "{usage} of {quota}");
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
        assert_eq!(told(&vendor_plan(), &items), expected);
    }
}

#[test]
fn nothing_is_said_of_what_is_not_over_or_not_sold() {
    let unlimited = |item| status(item, u64::MAX, Quota::UNLIMITED);
    let sold = [Item::StorageSize, Item::PhysicalMachines].map(unlimited);
    let others = [
        Item::PhysicalServers,
        Item::VirtualMachines,
        Item::MobileDevices,
    ];
    assert_eq!(told(&vendor_plan(), &[]), "");
    assert_eq!(told(&vendor_plan(), &sold), "");
    for item in others {
        assert_eq!(
            told(&vendor_plan(), &[status(item, 12, Quota::soft(10))]),
            ""
        );
    }
}

/// The same with another size and price of a block, and other bytes for each computer.
fn plan(block: u64, brought: u64, extra_price: &str) -> PlanTerms {
    PlanTerms {
        extra_usage_bytes: block,
        computers_usage_bytes: brought,
        extra_price: price(extra_price),
        ..vendor_plan()
    }
}

/// 5 times a price of 28 digits has too many.
const PRICELESS: &str = "9999999999999999999999999999";

#[test]
fn plans_that_lack_something_say_nothing_of_it() {
    let items = [storage(25 * GIB, 20 * GIB), machines(12, 10)];
    for (terms, expected) in [
        (plan(0, 5 * GIB, "0.95"), "2 computers 9.90"),
        (plan(GIB, 0, "0.95"), "5 blocks 4.75, 2 computers 9.90"),
        (plan(GIB, 0, PRICELESS), "2 computers 9.90"),
        (plan(GIB, u64::MAX, "0.95"), "2 computers 9.90"),
    ] {
        assert_eq!(told(&terms, &items), expected);
    }
}

#[test]
fn totals_keep_the_scale_and_the_currency() {
    let currency = Currency::from_code("EUR");
    for (extra_price, total) in [("4.810", "9.620"), ("0.00", "0.00")] {
        let terms = plan(GIB, 0, extra_price);
        let told = what_to_buy(&terms, currency, &[storage(22 * GIB, 20 * GIB)]);
        let purchase = told.of(Scope::Tenant, Item::StorageSize).unwrap();
        assert_eq!(purchase.unit_price.to_string(), extra_price);
        assert_eq!(purchase.total.to_string(), total);
        assert_eq!(purchase.currency, currency);
        let goods = Goods::Blocks {
            bytes_each: GIB,
            computers_bytes: 0,
        };
        assert_eq!(purchase.goods, goods);
    }
}

#[test]
fn terms_that_make_no_sense_are_refused_by_name() {
    let (long, too_long) = ("x".repeat(200), "x".repeat(201));
    for (name, seat_price, expected) in [
        ("x", "0", Ok(())),
        (" ", "0", Err("name")),
        ("a\nb", "0", Err("name")),
        ("a\u{ffff}b", "0", Err("name")),
        (&long, "0", Ok(())),
        (&too_long, "0", Err("name")),
        ("x", "-0.01", Err("es_seat_price")),
        ("x", "-0.00", Ok(())),
    ] {
        let terms = PlanTerms {
            name: name.to_owned(),
            es_seat_price: price(seat_price),
            ..vendor_plan()
        };
        assert_eq!(terms.check().map_err(|bad| bad.field), expected);
    }
    assert_eq!(vendor_plan().check(), Ok(()));
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
    let no_blocks = plan(0, 5 * GIB, "0.95");
    let huge = plan(GIB, 5 * GIB, PRICELESS);
    let only_storage = &over[..1];
    let (bytes, pcs) = (Item::StorageSize, Item::PhysicalMachines);
    for (terms, items, item, expected) in [
        (&vendor_plan(), only_storage, bytes, None),
        (&vendor_plan(), only_storage, pcs, Some(NotOver)),
        (
            &vendor_plan(),
            only_storage,
            Item::VirtualMachines,
            Some(NotSold),
        ),
        // The computer to be bought brings 5 GiB, and 2 are missing.
        (&vendor_plan(), &over, bytes, Some(Included)),
        (&vendor_plan(), &over, pcs, None),
        (&vendor_plan(), &[machines(9, 5)], pcs, Some(Included)),
        (&no_blocks, only_storage, bytes, Some(NoBlocks)),
        (&no_blocks, &over, bytes, Some(Included)),
        (&no_blocks, &over[1..], bytes, Some(NotOver)),
        (&huge, only_storage, bytes, Some(TooLarge)),
    ] {
        let bought = what_to_buy(terms, None, items).of(Scope::Tenant, item);
        assert_eq!(bought.err(), expected, "{item} {items:?}");
    }
    let told = what_to_buy(&vendor_plan(), None, &over);
    assert_eq!(told.of(Scope::User, bytes), Err(UsersOwn));
    let named = PlanRef {
        partner: TenantId::random(),
        plan: PlanId(1),
    };
    let (buy_now, sales) = (Some(Proposal::BuyNow), Some(Proposal::ContactSales));
    for (proposal, plan, items, expected) in [
        (buy_now, Some(named), &over[..], Ok(named)),
        (sales, Some(named), &over[..], Err(NotBuyNow)),
        (None, None, &over[..], Err(NotBuyNow)),
        (buy_now, None, &over[..], Err(NoPlan)),
        (buy_now, Some(named), &[], Err(NotOver)),
    ] {
        assert_eq!(plan_in_question(proposal, plan, items), expected);
    }
}
