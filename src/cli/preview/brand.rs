//! The brand of a preview: from a file, or an example.

use std::fmt::Display;
use std::fs;
use std::path::Path;

use super::SHOP;
use crate::cli::CliError;
use crate::domain::brand::{Brand, BrandUrls};
use crate::domain::ids::TenantId;
use crate::domain::link::{BuyUrl, BuyUrlRules};
use crate::http::account::set_brand_options;
use crate::usecases::manage_brand::Rules;
use uuid::Uuid;

const RULES: BuyUrlRules = BuyUrlRules {
    allow_http: false,
    allow_ip_hosts: false,
};

/// The brand in the file, or that of an example.
pub(super) fn brand(file: Option<&Path>) -> Result<Brand, CliError> {
    match file {
        Some(file) => read(file).map_err(|why| refused(file, &why)),
        None => example(),
    }
}

/// What is wrong with the file.
pub(super) fn refused(file: &Path, why: &dyn Display) -> CliError {
    CliError::Argument(format!("--brand {}: {why}", file.display()))
}

/// The options as GET and PUT `/tenants/{id}/brand` write them, by the same rules.
fn read(file: &Path) -> Result<Brand, String> {
    let text = fs::read(file).map_err(|why| why.to_string())?;
    let rules = Rules {
        buy_url: RULES,
        // No mail is sent, so no password is kept.
        seal: &|_| Ok(String::new()),
    };
    let unset = Brand::unset(TenantId::new(Uuid::nil()));
    let mut brand = set_brand_options(&text, unset, &rules)?;
    // An uploaded logo is in the service's store, not in the file.
    brand.logotype.clear();
    Ok(brand)
}

fn example() -> Result<Brand, CliError> {
    Ok(Brand {
        buy_url: Some(BuyUrl::parse(SHOP, RULES)?),
        service_name: "Example Cloud".to_owned(),
        company_name: "Example Inc.".to_owned(),
        color: "0f766e".to_owned(),
        support_phone: "+1 555 0100".to_owned(),
        urls: BrandUrls {
            account_server: "https://cloud.example.com/".to_owned(),
            support: "https://cloud.example.com/support".to_owned(),
            terms: "https://cloud.example.com/terms".to_owned(),
            ..BrandUrls::default()
        },
        ..Brand::unset(TenantId::new(Uuid::nil()))
    })
}
