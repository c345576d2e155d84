//! One connection, one request after the other.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

pub(crate) struct Client {
    stream: BufReader<TcpStream>,
    host: String,
    bearer: String,
}

fn failed(why: std::io::Error) -> String {
    format!("the client: {why}")
}

impl Client {
    pub(crate) fn connect(address: SocketAddr, bearer: &str) -> Result<Self, String> {
        let stream = TcpStream::connect(address).map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        let timeout = Some(Duration::from_secs(20));
        stream.set_read_timeout(timeout).map_err(failed)?;
        Ok(Self {
            stream: BufReader::new(stream),
            host: address.to_string(),
            bearer: bearer.to_owned(),
        })
    }

    /// The body of a 200.
    pub(crate) fn get(&mut self, path: &str) -> Result<String, String> {
        self.ask("GET", path, None)
    }

    /// The body of the 200 to this media type and body.
    pub(crate) fn post(
        &mut self,
        path: &str,
        media_type: &str,
        body: &str,
    ) -> Result<String, String> {
        self.ask("POST", path, Some((media_type, body)))
    }

    fn ask(
        &mut self,
        method: &str,
        path: &str,
        content: Option<(&str, &str)>,
    ) -> Result<String, String> {
        let Self { host, bearer, .. } = self;
        let authorization = match bearer.as_str() {
            "" => String::new(),
            bearer => format!("Authorization: Bearer {bearer}\r\n"),
        };
        let content = match content {
            None => "\r\n".to_owned(),
            Some((media_type, body)) => {
                let length = body.len();
                format!("Content-Type: {media_type}\r\nContent-Length: {length}\r\n\r\n{body}")
            }
        };
        let request =
            format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n{authorization}{content}");
        let stream = self.stream.get_mut();
        stream.write_all(request.as_bytes()).map_err(failed)?;
        let (status, body) = self.answer()?;
        if status == 200 {
            return Ok(body);
        }
        Err(format!("{method} {path} answered {status}: {body}"))
    }

    fn answer(&mut self) -> Result<(u16, String), String> {
        let (mut status, mut length) = (0, 0);
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).map_err(failed)?;
            let line = line.trim_end();
            let lower = line.to_ascii_lowercase();
            if let Some(rest) = lower.strip_prefix("http/1.1 ") {
                status = rest
                    .get(..3)
                    .and_then(|code| code.parse().ok())
                    .unwrap_or(0);
            } else if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            } else if line.is_empty() {
                break;
            }
        }
        if status == 0 {
            return Err("the client: no HTTP answer".to_owned());
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).map_err(failed)?;
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    }
}
