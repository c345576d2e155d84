//! A world behind its HTTP listener, with a clock that the test turns.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use reqwest::redirect::Policy;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use upsell::domain::brand::Brand;
use upsell::domain::client::{ApiScopes, Client};
use upsell::domain::ids::{ClientId, TenantId, UserId};
use upsell::domain::link::{BuyUrl, BuyUrlRules};
use upsell::domain::time::Timestamp;
use upsell::http::cors::Cors;
use upsell::http::limits::Limits;
use upsell::http::pages::Options;
use upsell::http::router::{BodyLimits, Router};
use upsell::http::server::Server;
use upsell::http::service::Upsell;
use upsell::store::engine::{Changes, Expect};
use upsell::usecases::Env;
use upsell::usecases::count_clicks::{self, ClickSource};
use upsell::usecases::tokens::{TokenRequest, hash_secret, issue};

use super::world::{START, World};

const SECRET: &str = "a secret for tests";

/// The origin that may call from a browser.
pub const CONSOLE: &str = "https://console.example.com";

/// A browser's name.
pub const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// The service, listening.
pub struct Site {
    /// What stands behind it.
    pub world: World,
    /// Where clicks come out.
    pub clicks: ClickSource,
    base: String,
    http: reqwest::Client,
    token: String,
    now: Arc<AtomicI64>,
    _stop: oneshot::Sender<()>,
}

impl Site {
    /// Serves `world`.
    pub async fn serve(world: World) -> Self {
        let now = Arc::new(AtomicI64::new(START.micros()));
        let (base, clicks, stop) = listen(world.env.clone(), Arc::clone(&now)).await;
        let token = token_of(&world, ClientId::random(), (world.root.root, None), START).await;
        let http = reqwest::Client::builder().redirect(Policy::none());
        Self {
            world,
            clicks,
            base,
            http: http.build().unwrap(),
            token,
            now,
            _stop: stop,
        }
    }

    /// A second service on the same store, as another node would be: its base URL, and what stops
    /// it when dropped.
    pub async fn twin(&self) -> (String, oneshot::Sender<()>) {
        self.twin_with(self.world.env.clone()).await
    }

    /// A second service with another world around it.
    pub async fn twin_with(&self, env: Env) -> (String, oneshot::Sender<()>) {
        let (base, _, stop) = listen(env, Arc::clone(&self.now)).await;
        (base, stop)
    }

    /// Where it listens.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Turns the clock to `seconds` after the start of the world.
    pub fn turn_to(&self, seconds: i64) {
        let micros = START.micros() + seconds * 1_000_000;
        self.now.store(micros, Ordering::SeqCst);
    }

    /// A request with the token of a client that reaches everything.
    pub fn api(&self, method: Method, path: &str) -> RequestBuilder {
        self.public(method, &format!("/api/upsell/v1{path}"))
            .bearer_auth(&self.token)
    }

    /// A request without a token. `path` may be a whole URL of this service.
    pub fn public(&self, method: Method, path: &str) -> RequestBuilder {
        let public_url = &self.world.env.settings.public_url;
        let path = path.strip_prefix(public_url.as_str()).unwrap_or(path);
        self.http.request(method, format!("{}{path}", self.base))
    }

    /// GET as `api`: must be 200 with JSON.
    pub async fn get(&self, path: &str) -> Value {
        json(self.api(Method::GET, path).send().await.unwrap()).await
    }

    /// A token for the subtree of `tenant`, or for one user.
    pub async fn token_for(&self, tenant: TenantId, user: Option<UserId>) -> String {
        let client = ClientId::random();
        token_of(&self.world, client, (tenant, user), START).await
    }

    /// A token for the subtree of `tenant` of a new client with this id.
    pub async fn token_of_client(&self, client: ClientId, tenant: TenantId) -> String {
        token_of(&self.world, client, (tenant, None), START).await
    }

    /// A token of a new client, issued at this time.
    pub async fn token_at(&self, tenant: TenantId, now: Timestamp) -> String {
        let client = ClientId::random();
        token_of(&self.world, client, (tenant, None), now).await
    }
}

/// The service on `env`, and where its clicks come out.
pub fn service(env: Env) -> (Upsell, ClickSource) {
    let (clicks, source) = count_clicks::channel(1000);
    let options = Options {
        clicks,
        redirect_status: StatusCode::FOUND,
    };
    let limits = BodyLimits {
        default_bytes: 1 << 20,
        public_bytes: 8 << 10,
        bulk_bytes: 32 << 20,
        logo_bytes: 256 << 10,
        partner_plan_bytes: 64 << 10,
    };
    let router = Router::new(upsell::http::endpoints(options.clone()), limits).unwrap();
    let cors = Cors::new(vec![CONSOLE.to_owned()]);
    (Upsell::new(env, router, cors, options), source)
}

/// Serves `env` on a port of its own.
async fn listen(env: Env, now: Arc<AtomicI64>) -> (String, ClickSource, oneshot::Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (service, source) = service(env);
    let clock = move || Timestamp::from_micros(now.load(Ordering::SeqCst));
    let server = Server::new(Arc::new(service), Limits::default(), clock);
    let (stop, stopped) = oneshot::channel::<()>();
    tokio::spawn(server.run(listener, async move {
        let _ = stopped.await;
    }));
    (base, source, stop)
}

/// The JSON of an answer that must be 200.
pub async fn json(response: Response) -> Value {
    let status = response.status();
    let text = response.text().await.unwrap();
    assert_eq!(status, StatusCode::OK, "{text}");
    serde_json::from_str(&text).unwrap()
}

async fn token_of(
    world: &World,
    id: ClientId,
    (tenant, user): (TenantId, Option<UserId>),
    now: Timestamp,
) -> String {
    let client = Client {
        id,
        tenant_id: tenant,
        name: "tests".to_owned(),
        secret_hash: hash_secret(SECRET),
        scopes: ApiScopes::all(),
        enabled: true,
        created_at: START,
        version: 1,
    };
    let id = id.to_string();
    let mut changes = Changes::new();
    changes.put_client(Expect::Absent, client);
    world.env.store.commit(changes).await.unwrap();
    let request = TokenRequest {
        client_id: &id,
        client_secret: SECRET,
        scope: None,
        user_id: user,
    };
    issue(&world.env, request, now).await.unwrap().access_token
}

/// Gives the customer a brand with a shop.
pub async fn add_shop(world: &World, buy_url: &str) {
    let mut brand = Brand::unset(world.customer.id);
    brand.enabled = true;
    brand.service_name = "FooBackup".to_owned();
    brand.support_phone = "+1 1111 1111111".to_owned();
    brand.buy_url = Some(BuyUrl::parse(buy_url, BuyUrlRules::default()).unwrap());
    let old = world.env.store.brand(world.customer.id).await.unwrap();
    let mut changes = Changes::new();
    changes.put_brand(upsell::store::unchanged(old.as_ref()), brand);
    world.env.store.commit(changes).await.unwrap();
}
