//! Every block of commands in the documentation, with what is done about it: the list of
//! `docs_commands.rs`.

/// What is done about a block.
pub(crate) enum Done {
    /// This test runs it.
    By(&'static str),
    /// Nothing, because of this.
    Not(&'static str),
}

use Done::{By, Not};

/// Every block of commands, by its page and first line.
pub(crate) const BLOCKS: &[(&str, &str, Done)] = &[
    (
        "CONTRIBUTING.md",
        "cargo fmt --check",
        Not("`.ci/run` does it, this test within"),
    ),
    (
        "CONTRIBUTING.md",
        "UPDATE_DOCS=1 cargo test --lib config::tests::documentation     # docs/configuration.md, deploy/upsell.toml",
        Not("it writes files of the source; the tests that it names fail where they are stale"),
    ),
    (
        "CONTRIBUTING.md",
        "UPSELL_TEST_BINARY=target/dist/upsell cargo test --test it walk",
        Not("it builds the tests, and runs those that are run beside this one"),
    ),
    (
        "CONTRIBUTING.md",
        "SCHEMATHESIS_SECONDS=1800 SCHEMATHESIS_SEED=$RANDOM cargo test --test it schemathesis -- --nocapture",
        Not("it takes half an hour; tests/it/schemathesis.rs takes a minute in every run"),
    ),
    (
        "README.md",
        "cargo run --release -- demo",
        Not("tests/it/demo.rs starts it on a free port and uses it"),
    ),
    ("README.md", "scripts/test", Not("it runs this test")),
    (
        "README.md",
        "# A new deployment: store, keys, root tenant, first client",
        By("the_tour_of_the_readme_is_what_the_script_prints"),
    ),
    (
        "README.md",
        "cargo build --profile dist",
        By("the_readme_starts_a_service"),
    ),
    (
        "README.md",
        "install -m 755 target/dist/upsell /usr/bin/upsell",
        Not("it changes the machine; tests/it/deployment.rs starts what the unit starts"),
    ),
    (
        "README.md",
        "$ upsell link --buy-url 'https://shop.example.com/buy?campaign=7' --placement email_notification \\",
        By("the_readme_builds_a_buy_link"),
    ),
    (
        "README.md",
        "cargo bench --bench core          # the core's own costs: evaluate, links, tokens, mail",
        Not("it takes hours; scripts/test runs the short form of each"),
    ),
    (
        "benches/compare/README.md",
        "benches/compare/run                        # everything",
        Not("it takes hours; scripts/test runs the short form"),
    ),
    (
        "docs/billing.md",
        "api=$BASE_URL/api/advanced-automation/v1",
        By("a_customer_is_billed_by_the_commands_of_its_page"),
    ),
    (
        "docs/embed.md",
        "curl -sS -u \"$CLIENT_ID:$CLIENT_SECRET\" \"$BASE_URL/api/2/idp/token\" \\",
        By("the_page_about_embedding_works"),
    ),
    (
        "docs/explain.md",
        "$ GET /api/upsell/v1/users/7084a2ff-5975-4458-ae40-403cf90126b2/explain",
        By("what_is_explained_looks_like_its_page"),
    ),
    (
        "docs/many-nodes.md",
        "UPSELL_TEST_TENANTS=10000 cargo test --test it nodes_mail -- --nocapture",
        Not("it takes minutes; tests/it/nodes_mail.rs has 300 tenants in every run"),
    ),
    (
        "docs/many-nodes.md",
        "cargo test --test it nodes:: -- --nocapture",
        Not("these tests are run beside this one"),
    ),
    (
        "docs/many-nodes.md",
        "cargo test --test it nodes_load -- --nocapture",
        Not("these tests are run beside this one"),
    ),
    (
        "docs/many-nodes.md",
        "cargo test --test it nodes_away -- --nocapture",
        Not("these tests are run beside this one"),
    ),
    (
        "docs/moving.md",
        "systemctl stop upsell",
        By("a_deployment_moves_by_the_commands_of_its_page"),
    ),
    (
        "docs/moving.md",
        "upsell export --data /var/lib/upsell /mnt/upsell.export",
        By("a_deployment_moves_to_a_cluster_by_the_commands_of_its_page"),
    ),
    (
        "docs/moving.md",
        "upsell export --data /var/lib/upsell - | zstd | ssh there 'zstd -d | upsell import --data /var/lib/upsell-new -'",
        By("a_deployment_moves_over_a_pipe"),
    ),
    (
        "docs/reseller.md",
        "api() { curl -sS -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \"$@\"; echo; }",
        By("a_domain_changes_its_plan_by_the_commands_of_its_page"),
    ),
    (
        "docs/shop.md",
        "$ upsell link --buy-url 'https://shop.example.com/buy?campaign=7#plans' --placement Alert_on_Storage --user-quota storage_size --tenant-quota storage_size,virtual_machines --user-id 2001 --tenant-id 2000 --page /devices",
        By("the_links_of_the_shop_page_are_built"),
    ),
    (
        "docs/shop.md",
        "$ upsell link --profile acronis --buy-url https://shop.example.com/buy --placement email_notification --tenant-quota storage_size --user-id 2001 --tenant-id 2000",
        By("the_links_of_the_shop_page_are_built"),
    ),
    (
        "docs/shop.md",
        "$ upsell link --lists repeated --buy-url https://shop.example.com/buy --placement mc_usage_info --tenant-quota storage_size,mobile_devices --user-id 2001 --tenant-id 2000",
        By("the_links_of_the_shop_page_are_built"),
    ),
    (
        "docs/shop.md",
        "$ upsell link --buy-url 'https://shop.example.com/buy?user_id=1&page=start&origin=ad' --placement email_notification --tenant-id 2000",
        By("the_links_of_the_shop_page_are_built"),
    ),
    (
        "docs/shop.md",
        "TOKEN=$(curl -sS -u \"$CLIENT_ID:$CLIENT_SECRET\" -d grant_type=client_credentials \"$BASE_URL/api/2/idp/token\" | jq -r .access_token)",
        By("a_shop_raises_a_quota_by_the_commands_of_its_page"),
    ),
];
