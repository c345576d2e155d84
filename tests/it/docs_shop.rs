//! The page for shops: its links are those of the program, its tables those of the code, its
//! commands raise a quota.

use serde_json::json;
use upsell::domain::link::{LinkProfile, Placement};
use upsell::domain::quota::{Item, Unit};

use crate::support::accounts::{ADMIN_BUYER, Account};
use crate::support::app::TestApp;
use crate::support::pages::{at, block, pages};
use crate::support::shell::Shell;

fn text() -> String {
    std::fs::read_to_string(at("docs/shop.md")).unwrap()
}

/// The rows of the table whose head begins like this, without its backticks.
fn rows(head: &str) -> Vec<Vec<String>> {
    let text = text();
    let mut lines = text.lines().skip_while(|line| !line.starts_with(head));
    assert!(lines.next().is_some(), "no table begins with {head}");
    let rows = lines.skip(1).take_while(|line| line.starts_with('|'));
    let cells = |row: &str| {
        row.trim_matches('|')
            .split('|')
            .map(|cell| cell.trim().replace('`', ""))
            .collect()
    };
    rows.map(cells).collect()
}

fn column(head: &str, index: usize) -> Vec<String> {
    rows(head)
        .into_iter()
        .map(|mut row| row.swap_remove(index))
        .collect()
}

#[tokio::test]
async fn the_links_of_the_shop_page_are_built() {
    let shell = Shell::new();
    let pages = pages();
    let page = pages
        .iter()
        .find(|page| page.path == "docs/shop.md")
        .unwrap();
    let mut count = 0;
    for block in page
        .blocks()
        .iter()
        .filter(|block| block.language == "console")
    {
        let (command, printed) = block.text.split_once('\n').unwrap();
        let ran = shell.run(command.strip_prefix("$ ").unwrap()).await;
        assert_eq!(
            (ran.out.as_str(), ran.err.as_str()),
            (printed, ""),
            "{command}"
        );
        count += 1;
    }
    assert_eq!(count, 4);
}

#[test]
fn the_tables_of_the_shop_page_are_those_of_the_code() {
    let [default, acronis] =
        [LinkProfile::Default, LinkProfile::Acronis].map(LinkProfile::parameters);
    assert_eq!(column("| Parameter |", 0), default);
    assert_eq!(column("| `default` |", 0), default);
    assert_eq!(column("| `default` |", 1), acronis);
    assert_eq!(
        column("| `placement` | Where", 0),
        Placement::ALL.map(Placement::name)
    );
    assert_eq!(column("| Item |", 0), Item::ALL.map(Item::name));
    let units = Item::ALL.map(|item| match item.unit() {
        Unit::Bytes => "bytes",
        Unit::Quantity => "pieces",
    });
    assert_eq!(column("| Item |", 2), units);
    let settings = std::fs::read_to_string(at("docs/configuration.md")).unwrap();
    for (item, usage_name) in column("| Item |", 0).iter().zip(column("| Item |", 1)) {
        let rule = format!("| `{usage_name}` | `{item}` |");
        assert!(settings.contains(&rule), "{rule}");
    }
}

#[tokio::test]
async fn a_shop_raises_a_quota_by_the_commands_of_its_page() {
    let app = TestApp::start(&[]).await;
    let customer = app.create_customer().await;
    let user = app.create_user(&customer, ADMIN_BUYER).await;
    let account = Account::Tenant(&customer);
    app.set_quota(account, "storage", 10 << 30).await;
    app.set_quota(account, "vms", 5).await;
    app.report(&[(account, "storage", 11 << 30)]).await;
    assert_eq!(app.alerts(&user).await.len(), 1);
    let mut shell = Shell::new();
    shell.set("BASE_URL", &app.base);
    shell.set("CLIENT_ID", &app.first.client_id);
    shell.set("CLIENT_SECRET", &app.first.client_secret);
    shell.set("USER_ID", &app.v1_id_of(&user).await.to_string());
    shell.set("TENANT_ID", &customer.v1_id.to_string());
    let first_line = "TOKEN=$(curl -sS -u \"$CLIENT_ID:$CLIENT_SECRET\" -d grant_type=client_credentials \"$BASE_URL/api/2/idp/token\" | jq -r .access_token)";
    let ran = shell.run(&block("docs/shop.md", first_line).text).await;
    assert_eq!(ran.statuses(), [200; 5], "{ran:?}");
    assert!(
        ran.out.contains(&user.id) && ran.out.contains("buyer"),
        "{ran:?}"
    );
    let path = format!("/api/2/tenants/{}/offering_items", customer.id);
    let items = app.get(&path).await.expect(200).json()["items"].clone();
    let of = |name: &str| {
        items
            .as_array()
            .unwrap()
            .iter()
            .find(|item| item["usage_name"] == name)
            .unwrap()["quota"]["value"]
            .clone()
    };
    assert_eq!(
        [of("storage"), of("vms")],
        [json!((10_u64 << 30) + 107_374_182_400), json!(5)]
    );
    assert_eq!(app.alerts(&user).await.len(), 0);
}
