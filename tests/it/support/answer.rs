//! Answers of the service, read to their ends.

use reqwest::header::HeaderMap;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::Value;

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// Method and path, for the messages of failures.
    pub(crate) request: String,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The same, if it has this status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(
            self.status,
            status,
            "{}: {}",
            self.request,
            self.text().trim_end()
        );
        self
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{}: {error}: {}", self.request, self.text()))
    }

    /// The code of an error envelope.
    #[track_caller]
    pub(crate) fn code(&self) -> u64 {
        self.json()["error"]["code"].as_u64().unwrap()
    }

    /// The error envelope without what differs from request to request.
    pub(crate) fn lasting(&self) -> Value {
        let mut body = self.json();
        body["error"]["context"] = Value::Null;
        body
    }

    /// A header of the answer; empty where it is missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

/// Sends and reads the answer to its end.
pub(crate) async fn send(name: &str, request: RequestBuilder) -> Answer {
    try_send(name, request)
        .await
        .unwrap_or_else(|error| panic!("{name}: {error:?}"))
}

/// The same, where the service may be killed meanwhile.
pub(crate) async fn try_send(
    name: &str,
    request: RequestBuilder,
) -> Result<Answer, reqwest::Error> {
    let response = request.send().await?;
    let (status, headers): (StatusCode, _) = (response.status(), response.headers().clone());
    Ok(Answer {
        request: name.to_owned(),
        status: status.as_u16(),
        headers,
        body: response.bytes().await?.to_vec(),
    })
}
