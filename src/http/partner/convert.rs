//! Converts between plans on the wire, in JSON and XML, and plans of the domain.

use bytes::Bytes;

use super::media::Media;
use super::wire::{LinkResponse, ListedPlanResponse, PlanRequest, PlanResponse, PlansResponse};
use super::xml;
use crate::domain::decimal::Decimal;
use crate::domain::plan::PlanTerms;
use crate::http::decimal::Number;
use crate::http::error::ApiError;
use crate::http::input;

/// The root of a plan in XML.
const PLAN: &str = "plan";

/// What stands between a plan on the wire and in the domain, from one list of its fields: the name on
/// the wire, which is also the XML element, how XML is read, and the name in the domain.
macro_rules! plan {
    ($($field:ident: $read:ident => $terms:ident;)+) => {
        /// The elements of a plan, in the order in which the vendor prints them.
        const FIELDS: [&str; [$(stringify!($field)),+].len()] = [$(stringify!($field)),+];

        /// Reads a plan.
        pub(super) fn terms(media: Media, body: &Bytes) -> Result<PlanTerms, ApiError> {
            let plan = match media.is_xml() {
                true => from_xml(body)?,
                false => input::json_bytes::<PlanRequest>(body)?,
            };
            Ok(PlanTerms {
                $($terms: need(stringify!($field), plan.$field)?.into(),)+
            })
        }

        fn from_xml(body: &[u8]) -> Result<PlanRequest, ApiError> {
            let mut plan = PlanRequest::default();
            for (name, content) in xml::read(body, PLAN, &FIELDS)? {
                $(if name == stringify!($field) {
                    plan.$field = Some($read(name, &content)?);
                })+
            }
            Ok(plan)
        }

        /// A plan as it is shown.
        pub(super) fn shown(terms: PlanTerms) -> PlanResponse {
            PlanResponse {
                $($field: terms.$terms.into(),)+
            }
        }

        /// A plan as XML.
        pub(super) fn plan_xml(terms: &PlanTerms) -> String {
            let mut document = xml::Writer::new();
            document.element(PLAN, |xml| {
                $(xml.leaf(stringify!($field), &terms.$terms);)+
            });
            document.end()
        }
    };
}

plan! {
    name: text => name;
    setup_price: price => setup_price;
    base_usage: whole => base_usage_bytes;
    base_price: price => base_price;
    extra_usage: whole => extra_usage_bytes;
    extra_price: price => extra_price;
    computers: whole => computers;
    computers_usage: whole => computers_usage_bytes;
    computers_price: price => computers_price;
    local_backup_price: price => local_backup_price;
    vm_host_price: price => vm_host_price;
    disk_image_price: price => disk_image_price;
    es_seat_price: price => es_seat_price;
    es_connection_price: price => es_connection_price;
    es_cost_extra_block: price => es_cost_extra_block;
}

fn need<T>(name: &str, given: Option<T>) -> Result<T, ApiError> {
    given.ok_or_else(|| ApiError::malformed(name, "is required: send the whole plan"))
}

fn text(_: &str, text: &str) -> Result<String, ApiError> {
    Ok(text.to_owned())
}

fn price(name: &str, text: &str) -> Result<Number, ApiError> {
    let price = text.trim().parse::<Decimal>();
    price
        .map(Number)
        .map_err(|why| ApiError::malformed(name, why))
}

/// A whole number in the one spelling that JSON has for it.
fn whole(name: &str, text: &str) -> Result<u64, ApiError> {
    let text = text.trim();
    let number = text.parse::<u64>().ok();
    let number = number.filter(|number| number.to_string() == text);
    let why = || format!("must be a whole number from 0 to {}", u64::MAX);
    number.ok_or_else(|| ApiError::malformed(name, why()))
}

/// A page of plans as XML: the names of the JSON form, an entry of a list under its singular.
pub(super) fn plans_xml(plans: &PlansResponse) -> String {
    let mut document = xml::Writer::new();
    document.element("plans", |xml| {
        xml.leaf("page", plans.page)
            .leaf("page_size", plans.page_size)
            .leaf("count", plans.count)
            .element("links", |xml| {
                plans.links.iter().for_each(|link| link_xml(xml, link));
            })
            .element("list", |xml| {
                plans.list.iter().for_each(|plan| listed_xml(xml, plan));
            });
    });
    document.end()
}

fn link_xml(xml: &mut xml::Writer, link: &LinkResponse) {
    xml.element("link", |xml| {
        xml.leaf("rel", link.rel).leaf("href", &link.href);
    });
}

fn listed_xml(xml: &mut xml::Writer, plan: &ListedPlanResponse) {
    xml.element(PLAN, |xml| {
        xml.leaf("plan_id", plan.plan_id)
            .leaf("name", &plan.name)
            .leaf("base_usage", plan.base_usage)
            .leaf("base_price", plan.base_price.0);
        link_xml(xml, &plan.link);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vendor's two examples, without their white space between fields.
    const JSON: &str = r#"{"name":"20g Monthly","setup_price":0.00,"base_usage":21474836480,"base_price":19.95,"extra_usage":1073741824,"extra_price":0.95,"computers":10,"computers_usage":5368709120,"computers_price":4.95,"local_backup_price":4.95,"vm_host_price":60,"disk_image_price":60,"es_seat_price":30,"es_connection_price":25,"es_cost_extra_block":50}"#;
    const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plan><name>20g Monthly</name><setup_price>0.00</setup_price><base_usage>21474836480</base_usage><base_price>19.95</base_price><extra_usage>1073741824</extra_usage><extra_price>0.95</extra_price><computers>10</computers><computers_usage>5368709120</computers_usage><computers_price>4.95</computers_price><local_backup_price>4.95</local_backup_price><vm_host_price>60</vm_host_price><disk_image_price>60</disk_image_price><es_seat_price>30</es_seat_price><es_connection_price>25</es_connection_price><es_cost_extra_block>50</es_cost_extra_block></plan>";

    fn read(media: Media, text: &str) -> Result<PlanTerms, ApiError> {
        terms(media, &Bytes::copy_from_slice(text.as_bytes()))
    }

    #[test]
    fn the_vendors_plan_goes_in_and_out_in_both_forms() {
        let terms = read(Media::Json, JSON).unwrap();
        assert_eq!(read(Media::Xml, XML).unwrap(), terms);
        assert_eq!(plan_xml(&terms), XML);
        assert_eq!(serde_json::to_string(&shown(terms)).unwrap(), JSON);
    }

    #[test]
    fn a_missing_field_is_named_in_both_forms() {
        for field in FIELDS {
            let json = JSON.replace(&format!("\"{field}\""), "\"other\"");
            let (open, close) = (format!("<{field}>"), format!("</{field}>"));
            let from = XML.find(&open).unwrap();
            let to = XML.find(&close).unwrap() + close.len();
            let xml = [&XML[..from], &XML[to..]].concat();
            for missing in [read(Media::Json, &json), read(Media::Xml, &xml)] {
                let Err(ApiError::Malformed { field: named, why }) = missing else {
                    panic!("{field} may be missing");
                };
                assert_eq!(named, field);
                assert!(why.contains("required"), "{why}");
            }
        }
    }

    #[test]
    fn numbers_of_xml_have_one_spelling() {
        for (text, expected) in [
            ("10", Some(10)),
            (" 10\n", Some(10)),
            ("0", Some(0)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("-1", None),
            ("+1", None),
            ("010", None),
            ("1.0", None),
            ("", None),
        ] {
            assert_eq!(whole("computers", text).ok(), expected, "{text:?}");
        }
        let long = "12345678901234567890123456789";
        for bad in ["", "1e2", "1,5", ".5", "$5", long] {
            assert!(price("base_price", bad).is_err(), "{bad:?}");
        }
    }
}
