//! Mail by lettre's client over connections that are kept: what a Rust service gets with some thought. Its own pool
//! leaves TCP_NODELAY off.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use lettre::address::Envelope;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::ClientId;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::args::Args;

pub(crate) fn command(args: &mut Args) -> Result<(), String> {
    let port: u16 = args.need("port")?;
    let mails: u64 = args.or("mails", 1_000)?;
    let connections: u32 = args.or("connections", 10)?;
    let mail_bytes: usize = args.or("bytes", 6_000)?;
    args.finish()?;
    println!("{}", send(port, mails, connections, mail_bytes)?);
    Ok(())
}

/// Sends so many mails over so many connections.
pub(crate) fn send(
    port: u16,
    mails: u64,
    connections: u32,
    mail_bytes: usize,
) -> Result<Value, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|why| why.to_string())?;
    runtime.block_on(async {
        let (mail, left) = (Arc::new(mail(mail_bytes)), Arc::new(AtomicU64::new(mails)));
        let start = Instant::now();
        let senders: Vec<_> = (0..connections)
            .map(|_| tokio::spawn(send_some(port, mail.clone(), left.clone())))
            .collect();
        for sender in senders {
            sender.await.map_err(|why| why.to_string())??;
        }
        let seconds = start.elapsed().as_secs_f64();
        Ok(json!({ "units_per_s": mails as f64 / seconds, "units": mails }))
    })
}

async fn send_some(port: u16, mail: Arc<Vec<u8>>, left: Arc<AtomicU64>) -> Result<(), String> {
    let address = |text: &str| text.parse().map_err(|why| format!("{text}: {why}"));
    let from = Some(address("upsell@service.example")?);
    let envelope = Envelope::new(from, vec![address("grace@people.example")?]);
    let envelope = envelope.map_err(|why| why.to_string())?;
    let stream = TcpStream::connect(("127.0.0.1", port)).await;
    let stream = stream.map_err(|why| why.to_string())?;
    // Without it every mail waits 40 ms for Nagle's algorithm.
    stream.set_nodelay(true).map_err(|why| why.to_string())?;
    let failed = |why| format!("lettre: {why}");
    let hello = ClientId::default();
    let connection = AsyncSmtpConnection::connect_with_transport(Box::new(stream), &hello).await;
    let mut connection = connection.map_err(failed)?;
    while left
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
            left.checked_sub(1)
        })
        .is_ok()
    {
        connection.send(&envelope, &mail).await.map_err(failed)?;
    }
    connection.quit().await.map(drop).map_err(failed)
}

/// A mail of about that many bytes.
fn mail(bytes: usize) -> Vec<u8> {
    let mut mail = b"From: upsell@service.example\r\nTo: grace@people.example\r\n\
        Subject: Storage quota has been exceeded\r\n\r\n"
        .to_vec();
    while mail.len() < bytes {
        mail.extend_from_slice(
            b"Your storage quota has been exceeded: 104 GiB of 100 GiB in use.\r\n",
        );
    }
    mail
}
