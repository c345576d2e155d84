//! Against Postfix's own test server: many mails, few connections, no waiting.

use std::collections::HashSet;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use upsell::outbox::smtp::{Encryption, Host, Mailer, Roots, Settings, Trust};

use crate::support::smtp_client::{SendOne, envelope, message, target_at};

const MAILS: usize = 500;

/// Starts `smtp-sink`, which writes every mail into `directory`.
async fn start(directory: &Path) -> (Child, u16) {
    let program = ["/usr/sbin/smtp-sink", "/usr/local/sbin/smtp-sink"]
        .into_iter()
        .find(|path| Path::new(path).exists())
        .expect("smtp-sink is missing: install the Debian package `postfix`");
    let port = {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        free.local_addr().unwrap().port()
    };
    let mut command = Command::new(program);
    // It insists that root says who it shall be, and lets nobody else say so.
    if std::fs::metadata("/proc/self").unwrap().uid() == 0 {
        command.args(["-u", "root"]);
    }
    let child = command
        .current_dir(directory)
        .args(["-d", "mail.", &format!("127.0.0.1:{port}"), "100"])
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    for _ in 0..500 {
        if TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .await
            .is_ok()
        {
            return (child, port);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("smtp-sink does not listen on port {port}");
}

fn dumped(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let texts = entries.map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap());
    texts.filter(|text| !text.is_empty()).collect()
}

#[tokio::test]
async fn five_hundred_mails_reach_postfix_over_ten_connections() {
    let directory = tempfile::tempdir().unwrap();
    let (mut sink, port) = start(directory.path()).await;
    let roots = Roots {
        without_native: true,
        ..Roots::default()
    };
    let hello_name = Host::parse("upsell.example.test").unwrap();
    let mailer = Mailer::new(Settings {
        roots,
        ..Settings::new(hello_name)
    })
    .unwrap();
    let target = target_at("127.0.0.1", port, Encryption::None, None, Trust::Operator);

    let start = Instant::now();
    let sends = (0..MAILS).map(|n| {
        let (mailer, target) = (&mailer, &target);
        async move {
            // Every tenth is longer than what is written at once.
            let lines = if n % 10 == 0 { 3_000 } else { 150 };
            let text = message(&format!("t{n}"), lines);
            mailer
                .send(target, &envelope(&format!("u{n}@b.test")), text.as_bytes())
                .await
        }
    });
    for result in join_all(sends).await {
        result.unwrap();
    }
    let elapsed = start.elapsed();
    println!("{MAILS} mails in {elapsed:?}");
    assert!(mailer.idle_connections() <= 10);
    // Nagle's algorithm against delayed acknowledgements costs 44 ms a mail: 2.2 s in all.
    assert!(elapsed < Duration::from_secs(2), "{elapsed:?}");
    mailer.close_idle().await;

    let mut seen = HashSet::new();
    for text in dumped(directory.path()) {
        let token = text
            .lines()
            .find_map(|line| line.strip_prefix("X-Token: t"))
            .unwrap();
        assert!(
            text.contains(&format!("<u{token}@b.test>")),
            "mail {token} went to another"
        );
        assert!(
            text.trim_end().ends_with(&format!("end of t{token}")),
            "mail {token} was cut"
        );
        assert!(seen.insert(token.to_owned()), "mail {token} came twice");
    }
    assert_eq!(seen.len(), MAILS);
    sink.kill().await.unwrap();
}
