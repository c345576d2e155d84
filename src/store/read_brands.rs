//! Brands as they were last read. A brand is shared by thousands of readers and costs as much to
//! read from its stored form as all else that a mail needs; its revision says whether it is still
//! the same, since no revision ever returns.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::engine::{Record, Revision, StoreError};
use super::record::Stored;
use crate::domain::brand::Brand;
use crate::domain::ids::TenantId;

/// Brands kept, at some 2 KB each; when there are more, it begins anew.
const MAX_BRANDS: usize = 1000;

#[derive(Default)]
pub(super) struct ReadBrands {
    known: Mutex<HashMap<TenantId, (Revision, Arc<Brand>)>>,
}

impl ReadBrands {
    /// The brand in a record that was just loaded.
    pub(super) fn read(&self, id: TenantId, record: &Record) -> Result<Arc<Brand>, StoreError> {
        let known = |known: &HashMap<TenantId, (Revision, Arc<Brand>)>| {
            let (revision, brand) = known.get(&id)?;
            (*revision == record.revision).then(|| Arc::clone(brand))
        };
        let found = known(&self.known.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(brand) = found {
            return Ok(brand);
        }
        let brand = Arc::new(Brand::decode(&record.body)?);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_BRANDS {
            known.clear();
        }
        known.insert(id, (record.revision, Arc::clone(&brand)));
        Ok(brand)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_brand_is_read_anew_when_its_revision_is_another() {
        let id = TenantId::random();
        let record = |revision, name: &str| {
            let mut brand = Brand::unset(id);
            brand.service_name = name.to_owned();
            Record {
                revision: Revision(revision),
                body: brand.encode(),
            }
        };
        let brands = ReadBrands::default();
        let name = |record: &Record| brands.read(id, record).unwrap().service_name.clone();
        assert_eq!(name(&record(1, "one")), "one");
        assert_eq!(name(&record(2, "two")), "two");
        assert_eq!(name(&record(1, "one")), "one");
        for _ in 0..2 * MAX_BRANDS {
            brands.read(TenantId::random(), &record(1, "x")).unwrap();
        }
        assert!(brands.known.lock().unwrap().len() <= MAX_BRANDS);
    }
}
