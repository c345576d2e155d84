//! The page at `/`, and the usual files that programs ask for.

use http::StatusCode;

use crate::http::endpoint::{Answer, Endpoint, PublicCall, get};
use crate::http::openapi::schema;
use crate::http::output::{self, kept};

const TEXT: &str = "text/plain; charset=utf-8";

/// Says nothing of tenants or versions: whoever asks is unknown.
const START: &str = "\
This is upsell: it tells the people of a backup cloud when a quota is full, and takes those who may
buy to the shop.

Followed a link from a mail? Then a part of it is missing: open the whole link again.

APIs
  /api/2           accounts, brands, quotas, usage; tokens from POST /api/2/idp/token
  /api/upsell/v1   alerts, the portal's header, bulk usage, the outbox
Metrics and health are on the operations address.
All operations of all dialects: /docs, and as OpenAPI at /api/upsell/v1/openapi.json.
Documentation: README.md, ARCHITECTURE.md and docs/ beside the program's source.
";

/// Links are for those who have them, and APIs for their clients: there is nothing to be found.
const ROBOTS: &str = "User-agent: *\nDisallow: /\n";

const ONE_DAY: &str = "public, max-age=86400";

/// What says what this server is, to people and to their programs. Open to everybody: nothing here
/// is anybody's.
pub(super) fn endpoints() -> [Endpoint; 3] {
    let robots_summary = "For search engines: nothing is to be found here";
    [
        get("/", "readStart", "What this server is")
            .public()
            .answers_raw(200, "A few words.", "text/plain", schema::any_text())
            .to(start),
        get("/robots.txt", "readRobots", robots_summary)
            .public()
            .answers_raw(200, "The file.", "text/plain", schema::any_text())
            .to(robots),
        get(
            "/favicon.ico",
            "readIcon",
            "There is none, and that is no error",
        )
        .public()
        .answers_nothing(204, "There is none.")
        .to(icon),
    ]
}

/// GET `/`.
async fn start(_: PublicCall) -> Answer {
    // The demo has another page at this address, and often the same port.
    let response = output::with_body(StatusCode::OK, TEXT, START);
    Ok(kept(response, "no-cache"))
}

/// GET `/robots.txt` (RFC 9309).
async fn robots(_: PublicCall) -> Answer {
    Ok(kept(
        output::with_body(StatusCode::OK, TEXT, ROBOTS),
        ONE_DAY,
    ))
}

/// GET `/favicon.ico`: browsers ask for it beside every page. There is none, and that is no error.
async fn icon(_: PublicCall) -> Answer {
    Ok(kept(output::no_content(), ONE_DAY))
}
