//! How a node comes, stays and goes.

use std::time::Duration;

use tokio::sync::oneshot;
use upsell::domain::node::Presence;
use upsell::usecases::nodes::{self, Patience};

use crate::outbox_rules::later;
use crate::outbox_together::{fan_out, mail, told};
use crate::support::member::Member;
use crate::support::world::World;

#[tokio::test]
async fn a_node_renews_its_presence_and_takes_it_away_when_it_stops() {
    let world = World::new().await;
    let (node, other) = (Member::new(&world, 0).await, Member::new(&world, 0).await);
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async {
        let _ = stopped.await;
    };
    let patience = Patience::DEFAULT;
    let kept = nodes::keep_alive(node.env.clone(), node.clock.clone(), stopped);
    let kept = tokio::spawn(kept);
    node.turn_to(10);
    let ends = async || {
        let known: Vec<Presence> = nodes::list(&other.env).await.unwrap();
        let own = known.iter().find(|known| known.node == node.env.node.id());
        own.map(|own| own.alive_until)
    };
    assert_eq!(ends().await, Some(later(0).plus(patience.heartbeat_ttl)));
    let renewed = async {
        while ends().await != Some(later(10).plus(patience.heartbeat_ttl)) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let in_time = tokio::time::timeout(2 * patience.renew_every(), renewed).await;
    assert!(in_time.is_ok(), "the presence was not renewed");
    stop.send(()).unwrap();
    kept.await.unwrap();
    assert_eq!(ends().await, None);
    assert_eq!(node.env.term(later(10)), None);
}

#[tokio::test]
async fn a_node_that_leaves_is_not_waited_for() {
    let (world, _) = told(2).await;
    let ids = fan_out(&world).await;
    let (leaving, other) = (Member::new(&world, 30).await, Member::new(&world, 30).await);
    leaving.take(ids[0]).await.unwrap();
    assert_eq!(other.beat().await, 0);
    nodes::leave(&leaving.env).await.unwrap();
    assert_eq!(leaving.take(ids[1]).await, None);
    assert_eq!(other.beat().await, 1);
    assert!(other.env.node.members().is_alone());
    let back = mail(&world, ids[0]).await;
    assert_eq!((back.lease, back.due_at), (None, later(30)));
}
