//! Mail by lettre's own pool: what a Rust service gets without further thought.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use lettre::address::Envelope;
use lettre::transport::smtp::PoolConfig;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use serde_json::{Value, json};

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

/// Sends so many mails over so many connections of one pool.
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
        let pool = PoolConfig::new().max_size(connections);
        let transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("127.0.0.1")
            .port(port)
            .pool_config(pool)
            .build();
        let (mail, left) = (Arc::new(mail(mail_bytes)), Arc::new(AtomicU64::new(mails)));
        let start = Instant::now();
        let senders: Vec<_> = (0..connections)
            .map(|_| {
                let (transport, mail, left) = (transport.clone(), mail.clone(), left.clone());
                tokio::spawn(send_some(transport, mail, left))
            })
            .collect();
        for sender in senders {
            sender.await.map_err(|why| why.to_string())??;
        }
        let seconds = start.elapsed().as_secs_f64();
        Ok(json!({ "units_per_s": mails as f64 / seconds, "units": mails }))
    })
}

async fn send_some(
    transport: AsyncSmtpTransport<Tokio1Executor>,
    mail: Arc<Vec<u8>>,
    left: Arc<AtomicU64>,
) -> Result<(), String> {
    let address = |text: &str| text.parse().map_err(|why| format!("{text}: {why}"));
    let from = Some(address("upsell@service.example")?);
    let envelope = Envelope::new(from, vec![address("grace@people.example")?]);
    let envelope = envelope.map_err(|why| why.to_string())?;
    while left
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
            left.checked_sub(1)
        })
        .is_ok()
    {
        let sent = transport.send_raw(&envelope, &mail).await;
        sent.map_err(|why| format!("lettre: {why}"))?;
    }
    Ok(())
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
