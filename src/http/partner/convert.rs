//! Between the shapes of the dialect and the domain, in JSON and in XML.

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

/// The fields of a plan in the order in which the vendor prints them; its elements in XML.
const FIELDS: [&str; 15] = [
    "name",
    "setup_price",
    "base_usage",
    "base_price",
    "extra_usage",
    "extra_price",
    "computers",
    "computers_usage",
    "computers_price",
    "local_backup_price",
    "vm_host_price",
    "disk_image_price",
    "es_seat_price",
    "es_connection_price",
    "es_cost_extra_block",
];

/// Reads a plan.
///
/// # Errors
/// 400 naming the field.
pub(super) fn terms(media: Media, body: &Bytes) -> Result<PlanTerms, ApiError> {
    let plan = if media.is_xml() {
        from_xml(body)?
    } else {
        input::json_bytes::<PlanRequest>(body)?
    };
    let price = |name, given: Option<Number>| need(name, given).map(|number| number.0);
    Ok(PlanTerms {
        name: need("name", plan.name)?,
        setup_price: price("setup_price", plan.setup_price)?,
        base_usage_bytes: need("base_usage", plan.base_usage)?,
        base_price: price("base_price", plan.base_price)?,
        extra_usage_bytes: need("extra_usage", plan.extra_usage)?,
        extra_price: price("extra_price", plan.extra_price)?,
        computers: need("computers", plan.computers)?,
        computers_usage_bytes: need("computers_usage", plan.computers_usage)?,
        computers_price: price("computers_price", plan.computers_price)?,
        local_backup_price: price("local_backup_price", plan.local_backup_price)?,
        vm_host_price: price("vm_host_price", plan.vm_host_price)?,
        disk_image_price: price("disk_image_price", plan.disk_image_price)?,
        es_seat_price: price("es_seat_price", plan.es_seat_price)?,
        es_connection_price: price("es_connection_price", plan.es_connection_price)?,
        es_cost_extra_block: price("es_cost_extra_block", plan.es_cost_extra_block)?,
    })
}

fn need<T>(name: &str, given: Option<T>) -> Result<T, ApiError> {
    given.ok_or_else(|| ApiError::malformed(name, "is required: send the whole plan"))
}

fn from_xml(body: &[u8]) -> Result<PlanRequest, ApiError> {
    let mut plan = PlanRequest::default();
    for (name, text) in xml::read(body, PLAN, &FIELDS)? {
        match name {
            "name" => plan.name = Some(text),
            "setup_price" => plan.setup_price = price(name, &text)?,
            "base_usage" => plan.base_usage = whole(name, &text)?,
            "base_price" => plan.base_price = price(name, &text)?,
            "extra_usage" => plan.extra_usage = whole(name, &text)?,
            "extra_price" => plan.extra_price = price(name, &text)?,
            "computers" => plan.computers = whole(name, &text)?,
            "computers_usage" => plan.computers_usage = whole(name, &text)?,
            "computers_price" => plan.computers_price = price(name, &text)?,
            "local_backup_price" => plan.local_backup_price = price(name, &text)?,
            "vm_host_price" => plan.vm_host_price = price(name, &text)?,
            "disk_image_price" => plan.disk_image_price = price(name, &text)?,
            "es_seat_price" => plan.es_seat_price = price(name, &text)?,
            "es_connection_price" => plan.es_connection_price = price(name, &text)?,
            _ => plan.es_cost_extra_block = price(name, &text)?,
        }
    }
    Ok(plan)
}

fn price(name: &str, text: &str) -> Result<Option<Number>, ApiError> {
    let price = text.trim().parse::<Decimal>();
    let price = price.map_err(|why| ApiError::malformed(name, why))?;
    Ok(Some(Number(price)))
}

/// A whole number in the one spelling that JSON has for it.
fn whole(name: &str, text: &str) -> Result<Option<u64>, ApiError> {
    let text = text.trim();
    let number = text.parse::<u64>().ok();
    let number = number.filter(|number| number.to_string() == text);
    let why = || format!("must be a whole number from 0 to {}", u64::MAX);
    number
        .map(Some)
        .ok_or_else(|| ApiError::malformed(name, why()))
}

/// A plan as it is shown.
pub(super) fn shown(terms: PlanTerms) -> PlanResponse {
    PlanResponse {
        name: terms.name,
        setup_price: Number(terms.setup_price),
        base_usage: terms.base_usage_bytes,
        base_price: Number(terms.base_price),
        extra_usage: terms.extra_usage_bytes,
        extra_price: Number(terms.extra_price),
        computers: terms.computers,
        computers_usage: terms.computers_usage_bytes,
        computers_price: Number(terms.computers_price),
        local_backup_price: Number(terms.local_backup_price),
        vm_host_price: Number(terms.vm_host_price),
        disk_image_price: Number(terms.disk_image_price),
        es_seat_price: Number(terms.es_seat_price),
        es_connection_price: Number(terms.es_connection_price),
        es_cost_extra_block: Number(terms.es_cost_extra_block),
    }
}

/// A plan as XML.
pub(super) fn plan_xml(plan: &PlanResponse) -> String {
    let mut document = xml::Writer::new();
    document.element(PLAN, |xml| {
        xml.leaf("name", &plan.name)
            .leaf("setup_price", plan.setup_price.0)
            .leaf("base_usage", plan.base_usage)
            .leaf("base_price", plan.base_price.0)
            .leaf("extra_usage", plan.extra_usage)
            .leaf("extra_price", plan.extra_price.0)
            .leaf("computers", plan.computers)
            .leaf("computers_usage", plan.computers_usage)
            .leaf("computers_price", plan.computers_price.0)
            .leaf("local_backup_price", plan.local_backup_price.0)
            .leaf("vm_host_price", plan.vm_host_price.0)
            .leaf("disk_image_price", plan.disk_image_price.0)
            .leaf("es_seat_price", plan.es_seat_price.0)
            .leaf("es_connection_price", plan.es_connection_price.0)
            .leaf("es_cost_extra_block", plan.es_cost_extra_block.0);
    });
    document.end()
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
        let plan = shown(terms);
        assert_eq!(serde_json::to_string(&plan).unwrap(), JSON);
        assert_eq!(plan_xml(&plan), XML);
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
            assert_eq!(
                whole("computers", text).ok().flatten(),
                expected,
                "{text:?}"
            );
        }
        for bad in [
            "",
            "1e2",
            "1,5",
            ".5",
            "$5",
            "12345678901234567890123456789",
        ] {
            assert!(price("base_price", bad).is_err(), "{bad:?}");
        }
    }
}
