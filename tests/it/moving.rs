//! `upsell export` and `upsell import`, as operators run them.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Stdio;

use tempfile::TempDir;
use upsell::store::embedded::{EmbeddedEngine, Options};
use upsell::store::engine::{Changes, Engine as _};
use upsell::store::keys;
use upsell::store::transfer::ExportReader;

use crate::support::accounts::{ADMIN_BUYER, Account, BUY_URL, PLAIN};
use crate::support::app::{TestApp, eventually};
use crate::support::moving::{Moved, command, records_of, seen, text, upsell, with_keys_of};

#[tokio::test]
async fn a_deployment_goes_on_elsewhere_as_if_nothing_had_happened() {
    let mut app = TestApp::start(&[("UPSELL_MAIL_GROUP_WAIT", "1h")]).await;
    let tenant = app.create_customer().await;
    app.brand(&tenant, BUY_URL, true).await;
    let buyer = app.create_user(&tenant, ADMIN_BUYER).await;
    let plain = app.create_user(&tenant, PLAIN).await;
    app.set_quota(Account::Tenant(&tenant), "storage", 10).await;
    app.report_usage(Account::Tenant(&tenant), "storage", 11)
        .await;
    let alerts = app.alerts(&buyer).await;
    let link = alerts[0]["proposal"]["href"].as_str().unwrap().to_owned();
    let users = [&buyer, &plain];
    eventually("a mail waits", async || {
        let waiting = app.emails("queued").await;
        (!waiting.is_empty()).then_some(())
    })
    .await;
    let before = seen(&app, &tenant, &users).await;

    let old = PathBuf::from(app.data());
    let elsewhere = TempDir::new().unwrap();
    let file = elsewhere.path().join("export");
    let running = upsell(&old, &["export", text(&file)]);
    running.fails(&[
        "another upsell process uses",
        "stop the service for the export",
    ]);
    app.sigterm().await;
    let run = upsell(&old, &["export", text(&file)]).done();
    assert!(
        run.err
            .contains(&format!("copy {}/keys.json", old.display())),
        "{}",
        run.err
    );
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let new = elsewhere.path().join("new");
    let import = || upsell(&new, &["import", text(&file)]);
    import().fails(&["new/keys.json is missing; copy it"]);
    assert!(!new.exists(), "nothing was made");
    with_keys_of(&old, new.clone());
    import().done();
    assert_eq!(records_of(&new).await, records_of(&old).await);

    app.set("UPSELL_DATA", text(&new));
    app.restart().await;
    // The token of before is still one, and the secret still gives one.
    assert_eq!(seen(&app, &tenant, &users).await, before);
    app.token = app.token_of(&app.first).await;
    assert_eq!(seen(&app, &tenant, &users).await, before);
    let shop = app.visit(&link).await.expect(302);
    assert!(
        shop.header("location")
            .starts_with("https://shop.example.com/buy")
    );
    app.set_buyer(&plain, true).await;
    let made = app.create_customer().await;
    assert!(made.v1_id > tenant.v1_id, "numbers go on");
    import().fails(&["another upsell process uses"]);
    app.sigterm().await;
    import().fails(&["holds data already"]);
}

#[tokio::test]
async fn an_existing_file_stays_unless_told_otherwise() {
    let moved = Moved::new().await;
    let file = text(&moved.file);
    let whole = fs::read(&moved.file).unwrap();
    upsell(&moved.data, &["export", file]).fails(&["exists; it was not changed", "--force"]);
    assert!(fs::read(&moved.file).unwrap() == whole);
    let part = moved.dir.path().join("export.part");
    assert!(!part.exists(), "nothing was begun");
    fs::write(&part, &whole[..2_000_000]).unwrap();
    upsell(&moved.data, &["export", file, "--resume"]).fails(&["exists; it was not changed"]);
    fs::remove_file(&moved.file).unwrap();
    upsell(&moved.data, &["export", file]).fails(&["export.part", "--resume", "--force"]);
    upsell(&moved.data, &["export", file, "--resume"]).done();
    assert!(!part.exists());
    assert!(fs::read(&moved.file).unwrap() == whole, "as in one go");
    upsell(&moved.data, &["export", file, "--force"]).done();

    // Somebody else's file is not cut to nothing.
    fs::write(&moved.file, "a letter").unwrap();
    upsell(&moved.data, &["export", file, "--resume"]).fails(&["this is no export"]);
    assert_eq!(fs::read(&moved.file).unwrap(), b"a letter");
}

#[tokio::test]
async fn a_cut_export_is_refused_and_continued() {
    let moved = Moved::new().await;
    let (file, whole) = (text(&moved.file), fs::read(&moved.file).unwrap());
    let mut random = [0; 4];
    getrandom::fill(&mut random).unwrap();
    let any = usize::try_from(u32::from_ne_bytes(random)).unwrap() % whole.len();
    for (n, cut) in [any, whole.len() - 1, 1_300_000].into_iter().enumerate() {
        fs::write(&moved.file, &whole[..cut]).unwrap();
        let target = moved.target(&format!("target{n}"));
        let run = upsell(&target, &["import", file]);
        run.fails(&[
            "the export was cut: it is whole up to byte ",
            "export --resume",
        ]);
        upsell(&moved.data, &["export", file, "--resume"]).done();
        let resumed = fs::read(&moved.file).unwrap();
        // Of a header that was cut nothing is left, nor is the time in it.
        if cut > 500 {
            assert!(resumed == whole, "cut at {cut}: other bytes");
        }
        if cut > 500 {
            upsell(&target, &["import", file, "--resume"]).done();
            assert_eq!(
                records_of(&target).await,
                records_of(&moved.data).await,
                "{cut}"
            );
        }
    }
}

#[tokio::test]
async fn a_damaged_export_is_refused_where_the_damage_is() {
    let moved = Moved::new().await;
    let mut bytes = fs::read(&moved.file).unwrap();
    let mut reader = ExportReader::open(bytes.as_slice()).unwrap();
    reader.next_chunk().unwrap();
    let second = reader.place().offset;
    bytes[usize::try_from(second).unwrap() + 4000] ^= 1;
    fs::write(&moved.file, &bytes).unwrap();
    let target = moved.target("target");
    let place = format!("damaged at byte {second} ");
    upsell(&target, &["import", text(&moved.file)]).fails(&[&place, "nothing from there on"]);
}

#[tokio::test]
async fn a_killed_import_is_refused_until_it_is_resumed() {
    let moved = Moved::new().await;
    let file = text(&moved.file);
    let whole = fs::read(&moved.file).unwrap();
    let target = moved.target("target");
    let mut child = command(&target, &["import", "-"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    // All but the end: when a pipe has taken so much, most of it was read and written.
    let mut input = child.stdin.take().unwrap();
    input.write_all(&whole[..whole.len() - 10]).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let there = records_of(&target).await;
    assert!(there.len() > 5, "{}", there.len());

    let unfinished = [
        "an import into this store was not finished",
        "`upsell import --resume`",
    ];
    upsell(&target, &["serve"]).fails(&unfinished);
    upsell(&target, &["client", "list"]).fails(&unfinished);
    upsell(&target, &["export", "-"]).fails(&unfinished);
    upsell(&target, &["import", file]).fails(&unfinished);
    assert_eq!(records_of(&target).await, there, "nobody touched it");
    upsell(&target, &["import", file, "--resume"]).done();
    assert_eq!(records_of(&target).await, records_of(&moved.data).await);
    upsell(&target, &["client", "list"]).done();
}

#[tokio::test]
async fn a_pipe_carries_it_and_another_keyring_is_named() {
    let moved = Moved::new().await;
    let other = moved.dir.path().join("other");
    upsell(&other, &["init"]).done();
    let target = with_keys_of(&other, moved.dir.path().join("target"));
    let mut source = command(&moved.data, &["export", "-"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let piped = source.stdout.take().unwrap();
    let output = command(&target, &["import", "-"])
        .stdin(piped)
        .output()
        .unwrap();
    assert!(source.wait().unwrap().success());
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{err}");
    assert!(
        err.contains("warning: ") && err.contains("lacks keys"),
        "{err}"
    );
    assert_eq!(records_of(&target).await, records_of(&moved.data).await);

    let stream = upsell(&moved.data, &["export", "-"]).done().out;
    assert!(
        ExportReader::open(stream.as_slice())
            .unwrap()
            .to_last_whole()
            .unwrap()
            .1
    );
    let again = upsell(&moved.data, &["export", "-", "--resume"]);
    again.fails(&["name the file"]);
}

#[tokio::test]
async fn newer_formats_are_refused_by_every_command() {
    let moved = Moved::new().await;
    let bytes = fs::read(&moved.file).unwrap();
    let newer = [b"upsell-export 2\n", &bytes[16..]].concat();
    fs::write(&moved.file, newer).unwrap();
    let target = moved.target("target");
    let run = upsell(&target, &["import", text(&moved.file)]);
    run.fails(&["format 2", "up to 1", "use the newer program"]);
    assert!(!target.join("store").exists(), "no store was made");

    let engine = EmbeddedEngine::open(&moved.data, Options::default()).unwrap();
    let mut changes = Changes::new();
    changes.put(keys::format(), 2_u32.to_be_bytes().to_vec());
    engine.commit(changes).await.unwrap();
    engine.close().await.unwrap();
    for command in [vec!["serve"], vec!["client", "list"], vec!["export", "-"]] {
        let run = upsell(&moved.data, &command);
        run.fails(&[
            "the records are of format 2",
            "up to 1",
            "use the newer program",
        ]);
    }
    fs::write(moved.data.join("store/FORMAT"), "upsell-embedded 3\n").unwrap();
    for command in [vec!["serve"], vec!["export", "-"]] {
        upsell(&moved.data, &command).fails(&["format 3", "up to 2"]);
    }
}
