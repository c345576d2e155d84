//! What people and their programs open, described.

use serde_json::{Value, json};

use crate::http::openapi::{Group, Operation, get, post, schema};

const HTML: &str = "text/html";

/// What the pages answer to.
pub(in crate::http) fn groups() -> Vec<Group> {
    vec![links(), files()]
}

fn page(operation: Operation, status: u16, about: &'static str) -> Operation {
    operation.answers_raw(status, about, HTML, schema::any_text(), None)
}

fn links() -> Group {
    const UNSUBSCRIBE: &str = "/u/{token}";
    let one_click = json!({ "type": "object", "properties": { "List-Unsubscribe": { "type": "string" }, "wish": { "type": "string" } } });
    let follow = get("/r/{token}", "followLink", "Takes a reader to the shop")
        .about("Builds the Buy link of this moment. Counts the click.")
        .query(
            "page",
            schema::any_text(),
            "The page that the link was followed from; else `Referer` says it.",
        )
        .answers_nothing(302, "To the Buy URL.")
        .with_header(
            "Location",
            json!({ "type": "string", "format": "uri" }),
            "The Buy link.",
        );
    let ask = get(
        UNSUBSCRIBE,
        "askToUnsubscribe",
        "Asks whether to stop mail about quotas",
    );
    let act = post(UNSUBSCRIBE, "unsubscribe", "Stops mail about quotas")
        .about("Also with one click in a mail program (RFC 8058). The page then offers to subscribe again, with a body of `wish=subscribe`.")
        .takes_raw(
            "application/x-www-form-urlencoded",
            one_click,
            Some(json!({ "List-Unsubscribe": "One-Click" })),
        )
        .or_nothing();
    let found = |operation| {
        let operation = page(operation, 410, "The link is over.");
        page(operation, 404, "There is no such link.")
    };
    Group {
        name: "Links",
        about: "What stands in mails and consoles. A link proves itself: nobody needs a token.",
        path: vec![("token", schema::any_text(), "As it stands in the link.")],
        operations: vec![
            found(page(
                follow,
                200,
                "Whom to ask, where the reader may not buy.",
            )),
            found(page(ask, 200, "A page with a button.")),
            found(page(act, 200, "It is done.")),
        ],
    }
}

/// A file that may be kept.
fn cached(operation: Operation, types: &[&str], schema: &Value) -> Operation {
    let operation = types.iter().fold(operation, |operation, media_type| {
        operation.answers_raw(200, "The file.", media_type, schema.clone(), None)
    });
    operation.cached()
}

fn files() -> Group {
    let asset = get("/assets/{*file}", "readAsset", "A style sheet of the pages")
        .about("The name says the content, so it may be kept for ever.")
        .answers_raw(200, "The file.", "text/css", schema::any_text(), None);
    let logo = get(
        "/brand/{tenant_id}/logo",
        "readPublicLogo",
        "The logo of a brand",
    )
    .about("As mails and pages show it: only where branding is enabled.");
    let widget = get(
        "/widget.js",
        "readWidget",
        "The custom elements for consoles",
    );
    Group {
        name: "Files",
        about: "What pages, mails and consoles load.",
        path: vec![
            ("file", schema::any_text(), "The name of the file."),
            ("tenant_id", schema::id(), "The tenant whose brand it is."),
        ],
        operations: vec![
            get("/", "readStart", "What this server is").answers_raw(
                200,
                "A few words.",
                "text/plain",
                schema::any_text(),
                None,
            ),
            get(
                "/robots.txt",
                "readRobots",
                "For search engines: nothing is to be found here",
            )
            .answers_raw(200, "The file.", "text/plain", schema::any_text(), None),
            get(
                "/favicon.ico",
                "readIcon",
                "There is none, and that is no error",
            )
            .answers_nothing(204, "There is none."),
            asset,
            cached(logo, &["image/png", "image/jpeg"], &schema::binary()),
            cached(widget, &["text/javascript"], &schema::any_text()),
        ],
    }
}
