//! Start, stop and start again, as an operator sees it.

use crate::support::app::TestApp;

#[tokio::test]
async fn a_service_stops_cleanly_and_comes_back_on_the_same_ports() {
    let mut app = TestApp::start(&[]).await;
    let (status, _) = app.sigterm().await;
    assert_eq!(status.code(), Some(0));
    app.restart().await;
    app.kill9().await;
    app.restart().await;
    app.visit(&format!("{}/readyz", app.ops)).await.expect(200);
}
