//! Every endpoint of the partner plans dialect, declared beside the handler that answers it.

mod plans;

use crate::http::dialect::Dialect;
use crate::http::endpoint::Group;

/// Every endpoint of the dialect.
pub(crate) fn endpoints() -> Vec<Group> {
    let about = "What a partner sells and at which price, in JSON or XML by `Accept` and \
                 `Content-Type`. Prices keep all their digits.";
    vec![Group::new(Dialect::Partner, "Partner plans", about).with(plans::endpoints())]
}
