//! What the bare address says, and the files that browsers and crawlers ask every server for.

use crate::support::app::TestApp;

#[tokio::test]
async fn the_bare_address_speaks_to_people_and_crawlers_stay_out() {
    let app = TestApp::start(&[]).await;
    let start = app.visit("/").await.expect(200);
    assert_eq!(start.header("content-type"), "text/plain; charset=utf-8");
    for words in ["This is upsell", "/api/2", "/api/upsell/v1", "README.md"] {
        assert!(start.text().contains(words), "{}", start.text());
    }
    // Every API that is named exists: it asks who is there, or which path is meant.
    for path in ["/api/2/tenants", "/api/upsell/v1/emails"] {
        app.visit(path).await.expect(401);
    }
    let robots = app.visit("/robots.txt").await.expect(200);
    assert_eq!(robots.text(), "User-agent: *\nDisallow: /\n");
    let icon = app.visit("/favicon.ico").await.expect(204);
    assert!(icon.body.is_empty());
    assert_eq!(start.header("cache-control"), "no-cache");
    for answer in [robots, icon] {
        assert_eq!(answer.header("cache-control"), "public, max-age=86400");
    }
    let nowhere = app.visit("/nowhere").await.expect(404);
    assert_eq!(nowhere.header("content-type"), "text/html; charset=utf-8");
}
