use std::collections::BTreeMap;

use proptest::prelude::*;
use url::Url;

use super::*;

fn strict(text: &str) -> Result<BuyUrl, BuyUrlError> {
    BuyUrl::parse(text, BuyUrlRules::default())
}

fn shop(text: &str) -> BuyUrl {
    strict(text).unwrap()
}

const LINK: BuyLink<'_> = BuyLink {
    placement: Placement::Alert(Item::StorageSize),
    user_quota: ItemSet::EMPTY,
    tenant_quota: ItemSet::EMPTY,
    user_id: Some(V1Id(7)),
    tenant_id: Some(V1Id(42)),
    page: None,
};

#[test]
fn what_is_a_buy_url() {
    for text in [
        "https://shop.example.com",
        "https://shop.example.com/",
        "HTTPS://Shop.Example.com:8443/a%20b/%zz?x&y=&=z&&a=1+2#/buy?q",
        "https://shop.example.com?x=1",
        "https://shop.example.com#top",
        "https://shop.example.com/a//b/../c",
        "https://shop.example.com/?next=https://user@other.example/",
        "https://xn--bcher-kva.example/",
        "https://bücher.example/größe?ü=ö#ß",
    ] {
        let url = strict(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(url.as_str(), text);
        assert_eq!(Url::parse(url.wire()), Url::parse(text), "{text}");
        assert!(url.wire().is_ascii());
        if text.is_ascii() {
            assert_eq!(url.wire(), text);
        }
    }
}

#[test]
fn what_is_none_and_why() {
    use BuyUrlError as E;
    let long = format!("https://shop.example.com/{}", "a".repeat(2_048));
    let long_once_encoded = format!("https://shop.example.com/{}", "ü".repeat(600));
    for (text, expected) in [
        ("", E::Empty),
        (long.as_str(), E::TooLong),
        (&long_once_encoded, E::TooLong),
        (" https://shop.example.com", E::Invisible),
        ("https://shop.example.com/a b", E::Invisible),
        ("https://shop.example.com/\r\nX: y", E::Invisible),
        ("java\tscript:alert(1)", E::Invisible),
        ("ht\ntps://shop.example.com", E::Invisible),
        ("https://shop.example.com/\0", E::Invisible),
        ("https://shop.example.com/\u{2028}", E::Invisible),
        ("https://shop.example.com/\u{202e}gpj", E::Invisible),
        ("https://shop\u{ad}.example.com/", E::Invisible),
        ("https://shop.example.com/\u{85}", E::Invisible),
        ("https:\\\\shop.example.com", E::Backslash),
        ("\\\\shop.example.com", E::Backslash),
        ("https://shop.example.com\\@evil.example", E::Backslash),
        (
            "https://shop.example.com/%0d%0aSet-Cookie:x",
            E::EncodedLineBreak,
        ),
        ("https://shop.example.com/?a=%0A", E::EncodedLineBreak),
        ("https://shop.example.com/#%00", E::EncodedLineBreak),
        ("shop.example.com", E::Scheme),
        ("/buy", E::Scheme),
        ("//shop.example.com", E::Scheme),
        ("javascript:alert(1)", E::Scheme),
        ("JavaScript://shop.example.com/%250aalert(1)", E::Scheme),
        ("data:text/html,x", E::Scheme),
        ("ftp://shop.example.com", E::Scheme),
        ("httpss://shop.example.com", E::Scheme),
        ("http://shop.example.com", E::Http),
        ("https:shop.example.com", E::NoHost),
        ("https:/shop.example.com", E::NoHost),
        ("https://", E::NoHost),
        ("https:///shop.example.com", E::NoHost),
        ("https://?x", E::NoHost),
        ("https://user@shop.example.com", E::UserInfo),
        ("https://user:pw@shop.example.com", E::UserInfo),
        ("https://shop.example.com:443@evil.example/", E::UserInfo),
        ("https://@shop.example.com", E::UserInfo),
        ("https://shop.example.com./", E::DottedHost),
        ("https://shop..example.com/", E::DottedHost),
        ("https://.example.com/", E::DottedHost),
        ("https://shop.example.com\u{3002}/", E::DottedHost),
        ("https://127.0.0.1/", E::IpHost),
        ("https://localhost/", E::Localhost),
        ("https://LOCALHOST:8443/buy", E::Localhost),
        ("https://shop.localhost/", E::Localhost),
        ("https://shop.example.com:0/", E::PortZero),
        ("https://2130706433/", E::IpHost),
        ("https://0x7f.1/", E::IpHost),
        ("https://[::1]/", E::IpHost),
        ("https://\u{ff11}27.0.0.1/", E::IpHost),
        ("https://p\u{430}ypal.com/", E::MixedScripts),
        ("https://xn--pypal-4ve.com/", E::MixedScripts),
        ("https://shop.example.com:99999/", E::Malformed),
        ("https://shop.example.com:x/", E::Malformed),
        ("https://sh%6fp.example.com/", E::Malformed),
        ("https://xn--/", E::Malformed),
        ("https://shop<.example.com/", E::Malformed),
    ] {
        assert_eq!(strict(text), Err(expected), "{text:?}");
    }
}

#[test]
fn a_deployment_may_allow_more() {
    let rules = BuyUrlRules {
        allow_http: true,
        allow_ip_hosts: true,
    };
    for text in [
        "http://shop.example.com/",
        "http://127.0.0.1:8080/shop",
        "https://[::1]/",
    ] {
        assert_eq!(BuyUrl::parse(text, rules).unwrap().wire(), text);
    }
    let other = BuyUrl::parse("ftp://shop.example.com/", rules);
    assert_eq!(other, Err(BuyUrlError::Scheme));
}

#[test]
fn placements_have_fixed_names_and_codes() {
    let names = [
        "Alert_on_Storage",
        "alert_on_physical_machines",
        "alert_on_physical_servers",
        "alert_on_virtual_machines",
        "alert_on_mobile_devices",
        "email_notification",
        "mc_usage_info",
    ];
    for (code, (placement, name)) in (1..).zip(Placement::ALL.into_iter().zip(names)) {
        assert_eq!((placement.code(), placement.name()), (code, name));
        assert_eq!(Placement::from_code(code), Some(placement));
        assert_eq!(name.parse(), Ok(placement));
    }
    assert_eq!(Placement::from_code(0), None);
    assert_eq!(Placement::from_code(8), None);
    assert!("alert_on_storage".parse::<Placement>().is_err());
}

#[test]
fn storage_is_listed_from_soon_on_and_the_others_once_exceeded() {
    for item in Item::ALL {
        for (state, expected) in [
            (State::Unlimited, false),
            (State::Ok, false),
            (State::Soon, item == Item::StorageSize),
            (State::Exceeded, true),
            (State::HardExceeded, true),
        ] {
            assert_eq!(listed(item, state), expected, "{item} {state:?}");
        }
    }
}

#[test]
fn links_as_a_shop_sees_them() {
    let full = BuyLink {
        placement: Placement::PortalHeader,
        // Out of order: the link has the fixed order.
        user_quota: ItemSet::from([Item::MobileDevices, Item::StorageSize]),
        tenant_quota: ItemSet::from([Item::PhysicalServers]),
        page: Some("https://console.example.com/a?b=c&d"),
        ..LINK
    };
    use LinkProfile::{Acronis, Default};
    use ListStyle::{Comma, Repeated};
    let (ours, theirs) = ((Default, Comma), (Acronis, Repeated));
    for (link, (profile, style), url, expected) in [
        (
            LINK,
            ours,
            "/buy",
            "/buy?placement=Alert_on_Storage&user_id=7&tenant_id=42",
        ),
        (
            full,
            ours,
            "",
            "?placement=mc_usage_info&user_quota=storage_size%2Cmobile_devices\
             &tenant_quota=physical_servers&user_id=7&tenant_id=42\
             &page=https%3A%2F%2Fconsole.example.com%2Fa%3Fb%3Dc%26d",
        ),
        (
            full,
            theirs,
            "/",
            "/?origin=mc_usage_info&user_quotas=storage_size&user_quotas=mobile_devices\
             &tenant_quotas=physical_servers&user_account_id=7&tenant_id=42\
             &redirect_url=https%3A%2F%2Fconsole.example.com%2Fa%3Fb%3Dc%26d",
        ),
        (
            LINK,
            ours,
            "/a%2fb/?x&y=&=z&&q=%7e+1#/cart?a=b",
            "/a%2fb/?x&y=&=z&&q=%7e+1&placement=Alert_on_Storage&user_id=7&tenant_id=42#/cart?a=b",
        ),
        (
            LINK,
            ours,
            "/?user_id=1&keep=2&us%65r_id=3&placement&user_quota=x&origin=o",
            "/?keep=2&origin=o&placement=Alert_on_Storage&user_id=7&tenant_id=42",
        ),
        (
            LINK,
            ours,
            "/?page=1&",
            "/?placement=Alert_on_Storage&user_id=7&tenant_id=42",
        ),
        (
            LINK,
            ours,
            "/?a=1&#?placement=x",
            "/?a=1&placement=Alert_on_Storage&user_id=7&tenant_id=42#?placement=x",
        ),
    ] {
        let [url, expected] = [url, expected].map(|rest| format!("https://shop.example.com{rest}"));
        assert_eq!(link.build(&shop(&url), profile, style), expected);
    }
}

#[test]
fn a_page_is_data() {
    let long = "ü".repeat(1_500);
    for (page, expected) in [
        ("/a\r\nLocation: x\u{2028}", Some("/aLocation: x")),
        ("javascript:alert(1)", Some("javascript:alert(1)")),
        ("a&placement=b#c", Some("a&placement=b#c")),
        ("\r\n", None),
        ("", None),
        (&long, Some(&long[..2_000])),
    ] {
        let link = BuyLink {
            page: Some(page),
            ..LINK
        };
        let (url, style) = (shop("https://s.example"), ListStyle::Comma);
        let built = Url::parse(&link.build(&url, LinkProfile::Default, style)).unwrap();
        let named = |name: &str| -> Vec<String> {
            let pairs = built.query_pairs().filter(|(known, _)| known == name);
            pairs.map(|(_, value)| value.into_owned()).collect()
        };
        assert_eq!(
            named("page").first().map(String::as_str),
            expected,
            "{page:?}"
        );
        assert_eq!(named("placement").len(), 1);
    }
}

fn items() -> impl Strategy<Value = Vec<Item>> {
    prop::collection::vec(prop::sample::select(&Item::ALL[..]), 0..8)
}

fn in_order(items: &[Item]) -> Vec<String> {
    let mut items = items.to_vec();
    items.sort_unstable();
    items.dedup();
    items.iter().map(ToString::to_string).collect()
}

/// URLs with odd but legal parts.
fn shop_urls() -> impl Strategy<Value = String> {
    (
        "https://[a-z]{1,8}\\.example(:[1-9][0-9]{0,3})?",
        "(/[a-zA-Z0-9%~._üß-]{0,6}){0,3}",
        "(\\?[a-z0-9&=+%;/?ü]{0,20}((user_id|p%61ge|tenant_quota)=[a-z]{0,3})?)?",
        "(#[a-z0-9/?&=ß]{0,8})?",
    )
        .prop_map(|(origin, path, query, fragment)| format!("{origin}{path}{query}{fragment}"))
}

proptest! {
    #[test]
    fn a_link_read_back_gives_what_went_in(
        url in shop_urls(),
        user_quota in items(),
        tenant_quota in items(),
        placement in prop::sample::select(&Placement::ALL[..]),
        ids in any::<(u32, u32)>(),
        page in prop::option::of("\\PC{1,30}"),
        profile in prop::sample::select(&[LinkProfile::Default, LinkProfile::Acronis][..]),
        style in prop::sample::select(&[ListStyle::Comma, ListStyle::Repeated][..]),
    ) {
        let Ok(buy_url) = strict(&url) else {
            // A random escape may be one that is refused.
            prop_assert!(url.contains("%0"), "{}", url);
            return Ok(());
        };
        let link = BuyLink {
            placement,
            user_quota: user_quota.iter().copied().collect(),
            tenant_quota: tenant_quota.iter().copied().collect(),
            user_id: Some(V1Id(ids.0)),
            tenant_id: Some(V1Id(ids.1)),
            page: page.as_deref(),
        };
        let built = link.build(&buy_url, profile, style);
        prop_assert!(built.bytes().all(|b| b.is_ascii_graphic()), "{}", built);

        let (before, after) = (Url::parse(&url).unwrap(), Url::parse(&built).unwrap());
        prop_assert_eq!(before.origin(), after.origin());
        prop_assert_eq!(before.path(), after.path());
        prop_assert_eq!(before.fragment(), after.fragment());

        let ours = profile.parameters();
        let foreign = |url: &Url| -> Vec<(String, String)> {
            let pairs = url.query_pairs().filter(|(name, _)| !ours.contains(&name.as_ref()));
            pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
        };
        prop_assert_eq!(foreign(&before), foreign(&after));

        let mut read: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in after.query_pairs().filter(|(name, _)| ours.contains(&name.as_ref())) {
            let is_list = name == ours[1] || name == ours[2];
            let values = read.entry(name.into_owned()).or_default();
            if is_list && style == ListStyle::Comma {
                values.extend(value.split(',').map(str::to_owned));
            } else {
                values.push(value.into_owned());
            }
        }
        let one = |name: &str| read.get(name).cloned().unwrap_or_default();
        prop_assert_eq!(one(ours[0]), vec![placement.name().to_owned()]);
        prop_assert_eq!(one(ours[1]), in_order(&user_quota));
        prop_assert_eq!(one(ours[2]), in_order(&tenant_quota));
        prop_assert_eq!(one(ours[3]), vec![ids.0.to_string()]);
        prop_assert_eq!(one(ours[4]), vec![ids.1.to_string()]);
        let expected: Vec<_> = page.iter().map(|page| clean_page(page)).filter(|page| !page.is_empty()).collect();
        prop_assert_eq!(one(ours[5]), expected);
    }

    #[test]
    fn no_text_panics_and_what_passes_is_a_web_address(text in "(https?:)?[/\\\\]{0,2}\\PC{0,60}") {
        let rules = BuyUrlRules { allow_http: true, allow_ip_hosts: true };
        if let Ok(url) = BuyUrl::parse(&text, rules) {
            let parsed = Url::parse(url.wire()).unwrap();
            prop_assert_eq!(Url::parse(&text).unwrap(), parsed.clone());
            prop_assert!(matches!(parsed.scheme(), "http" | "https"));
            prop_assert!(parsed.username().is_empty() && parsed.password().is_none());
            prop_assert_eq!(BuyUrl::parse(url.as_str(), rules), Ok(url));
        }
    }
}
