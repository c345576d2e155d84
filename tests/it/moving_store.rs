//! Export and import between engines, where a test can make the store fail at any commit and the
//! file be damaged at any byte.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use upsell::domain::time::Timestamp;
use upsell::store::engine::{Changes, Engine, Key};
use upsell::store::format::{self, FormatError};
use upsell::store::transfer::format::KeyIds;
use upsell::store::transfer::import::refuse_unfinished;
use upsell::store::transfer::read::Place;
use upsell::store::transfer::{self, Done, ExportReader, ExportWriter, Header, TransferError};
use upsell::store::{Store, keys};
use upsell::usecases::error::Error;
use upsell::usecases::initialize;

use crate::store_embedded::InDirectory;
use crate::support::moving::{Records, all, fill, three_chunks};
use crate::support::nodes::{Failure, Shared};

fn header() -> Header {
    Header {
        product: "0.0.0".to_owned(),
        made_at: "2024-01-01T00:00:00Z".to_owned(),
        engine: "embedded".to_owned(),
        records_format: 1,
        keys: KeyIds::default(),
    }
}

async fn export_of(engine: &dyn Engine) -> Vec<u8> {
    let writer = ExportWriter::begin(Vec::new(), &header()).unwrap();
    let written = transfer::export(engine, writer, &mut |_| {}).await;
    written.unwrap().0
}

async fn import(engine: &dyn Engine, file: &[u8], resume: bool) -> Result<Done, TransferError> {
    let mut export = ExportReader::open(file)?;
    transfer::import(engine, &mut export, resume, &mut |_| {}).await
}

/// An export of `records`.
async fn exported(records: &Records) -> Vec<u8> {
    let store = InDirectory::new();
    let engine = store.engine();
    fill(&engine, records).await;
    export_of(&engine).await
}

/// The places between the parts of a whole export.
fn places(file: &[u8]) -> Vec<Place> {
    let mut reader = ExportReader::open(file).unwrap();
    let mut places = vec![reader.place().clone()];
    while reader.next_chunk().unwrap().is_some() {
        places.push(reader.place().clone());
    }
    places
}

fn without_note(mut records: Records) -> Records {
    records.remove(&keys::import_progress().0);
    records
}

/// The first `count` of `records`.
fn first(records: &Records, count: u64) -> Records {
    let count = usize::try_from(count).unwrap();
    records.clone().into_iter().take(count).collect()
}

fn random(below: usize) -> usize {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).unwrap();
    usize::try_from(u64::from_ne_bytes(bytes) % below as u64).unwrap()
}

async fn there_and_back(records: Records) {
    let file = exported(&records).await;
    let target = InDirectory::new();
    let engine = target.engine();
    let done = import(&engine, &file, false).await.unwrap();
    let bytes: usize = records
        .iter()
        .map(|(key, body)| key.len() + body.len())
        .sum();
    assert_eq!(
        (done.records, done.bytes),
        (records.len() as u64, bytes as u64)
    );
    assert_eq!(all(&engine).await, records);
    assert_eq!(export_of(&engine).await, file, "the same again");
    refuse_unfinished(&engine).await.unwrap();
}

fn any_records() -> impl Strategy<Value = Records> {
    // Not the family of the note of an import, which is of the one store.
    let key = vec(any::<u8>(), 1..40).prop_filter("of one store", |key| {
        !keys::is_of_one_store(&Key(key.clone()))
    });
    let few_long = prop_oneof![
        30 => vec(any::<u8>(), 0..60),
        1 => (any::<u8>(), 300_000_usize..1_200_000).prop_map(|(byte, n)| vec![byte; n]),
    ];
    btree_map(key, few_long, 0..120)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn what_was_exported_is_imported(records in any_records()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(there_and_back(records));
    }
}

#[tokio::test]
async fn many_small_records_of_many_lengths_are_all_there() {
    let record = |n: u32| {
        let family = b"atz"[n as usize % 3];
        let body = vec![7; n as usize % 41];
        ([&[family], n.to_be_bytes().as_slice()].concat(), body)
    };
    let records: Records = (0..10_000).map(record).collect();
    let file = exported(&records).await;
    assert!(
        places(&file).len() > 3,
        "a chunk has a bounded number of records"
    );
    there_and_back(records).await;
}

#[tokio::test]
async fn a_record_longer_than_a_chunk_moves() {
    let long = vec![3; 5 * 1024 * 1024];
    let records = Records::from([(b"a".to_vec(), vec![]), (b"b".to_vec(), long)]);
    there_and_back(records).await;
}

#[tokio::test]
async fn an_import_that_fails_at_any_commit_is_refused_until_it_is_resumed() {
    let records = three_chunks();
    let file = exported(&records).await;
    let chunks = places(&file).len() - 1;
    assert_eq!(chunks, 3);
    // The note, the chunks, and the end of the note.
    for made in 0..chunks + 2 {
        for failure in [Failure::Before, Failure::After] {
            let target = InDirectory::new();
            let store = Store::new(std::sync::Arc::new(target.engine()));
            let failing = Shared::failing(&store, made, failure);
            let error = import(failing.engine(), &file, false).await.unwrap_err();
            assert!(matches!(error, TransferError::Store(_)), "{error:?}");
            let engine = store.engine();
            let is_done = made == chunks + 1 && failure == Failure::After;
            let is_begun = made > 0 || failure == Failure::After;
            let note = refuse_unfinished(engine).await;
            assert_eq!(note.is_err(), is_begun && !is_done, "{made} {failure:?}");
            if note.is_err() {
                let again = import(engine, &file, false).await.unwrap_err();
                assert!(matches!(again, TransferError::Unfinished), "{again:?}");
                let begun = initialize::initialize(&store, Timestamp::from_secs(9)).await;
                assert!(
                    matches!(begun, Err(Error::Conflict(_) | Error::LostRace)),
                    "{made}"
                );
                let counter = keys::counter("v1_id");
                let mut undo = Changes::new();
                undo.delete(counter);
                engine.commit(undo).await.unwrap();
            }
            let resumed = import(engine, &file, true).await;
            match is_done {
                true => assert!(matches!(resumed, Err(TransferError::NothingBegun))),
                false => assert_eq!(resumed.unwrap().records, 20),
            }
            assert_eq!(all(engine).await, records, "{made} {failure:?}");
        }
    }
}

#[tokio::test]
async fn a_cut_export_is_refused_where_it_ends_and_can_be_continued() {
    let records = three_chunks();
    let source = InDirectory::new();
    let source = source.engine();
    fill(&source, &records).await;
    let file = export_of(&source).await;
    let places = places(&file);
    let between = places
        .iter()
        .map(|place| usize::try_from(place.offset).unwrap());
    let mut cuts: Vec<usize> = between.flat_map(|at| [at - 1, at, at + 1]).collect();
    cuts.extend((0..10).map(|_| random(file.len())));
    cuts.extend([0, 1, 20, file.len() - 1]);
    for cut in cuts {
        let part = &file[..cut];
        let whole = places.iter().rfind(|place| place.offset <= cut as u64);
        let expected = whole.map_or(0, |place| place.offset);
        let target = InDirectory::new();
        let target = target.engine();
        let error = import(&target, part, false).await.unwrap_err();
        assert!(
            matches!(error, TransferError::Cut { offset } if offset == expected),
            "{cut}: {error:?}"
        );
        let Some(place) = whole else { continue };
        let there = without_note(all(&target).await);
        assert_eq!(there, first(&records, place.done.records), "{cut}");
        let (found, is_whole) = ExportReader::open(part).unwrap().to_last_whole().unwrap();
        assert_eq!((&found, is_whole), (place, false));
        let kept = part[..usize::try_from(found.offset).unwrap()].to_vec();
        let writer = ExportWriter::behind(kept, found);
        let continued = transfer::export(&source, writer, &mut |_| {}).await;
        assert!(continued.unwrap().0 == file, "{cut}: other bytes");
        import(&target, &file, true).await.unwrap();
        assert_eq!(all(&target).await, records, "{cut}");
    }
}

#[tokio::test]
async fn a_flipped_bit_is_refused_and_nothing_of_its_chunk_written() {
    let records = three_chunks();
    let file = exported(&records).await;
    let places = places(&file);
    let in_heads = places.iter().flat_map(|place| {
        let at = usize::try_from(place.offset).unwrap();
        [at - 1, at, at + 1, at + 4, at + 5]
            .into_iter()
            .filter(|at| *at < file.len())
    });
    let mut bad: Vec<usize> = in_heads.chain([0, 14, 16, 40]).collect();
    bad.extend((0..10).map(|_| random(file.len())));
    for at in bad {
        let mut file = file.clone();
        file[at] ^= 1 << random(8);
        let target = InDirectory::new();
        let target = target.engine();
        let error = import(&target, &file, false).await.unwrap_err();
        let whole = places.iter().rfind(|place| place.offset <= at as u64);
        let named = match &error {
            TransferError::Damaged { offset, .. } | TransferError::Cut { offset } => Some(*offset),
            _ => None,
        };
        let there = all(&target).await;
        match whole {
            Some(place) => {
                assert_eq!(named, Some(place.offset), "{at}: {error:?}");
                assert_eq!(
                    without_note(there),
                    first(&records, place.done.records),
                    "{at}"
                );
                assert!(refuse_unfinished(&target).await.is_err(), "{at}");
            }
            None => assert_eq!(there, Records::new(), "{at}: {error:?}"),
        }
    }
}

#[tokio::test]
async fn what_follows_the_end_or_was_left_out_is_damage() {
    let file = exported(&three_chunks()).await;
    let places = places(&file);
    let at = |n: usize| usize::try_from(places[n].offset).unwrap();
    let longer = [file.as_slice(), b"x"].concat();
    let without_one = [&file[..at(1)], &file[at(2)..]].concat();
    let swapped = [
        &file[..at(0)],
        &file[at(1)..at(2)],
        &file[at(0)..at(1)],
        &file[at(2)..],
    ]
    .concat();
    for (bad, offset) in [(longer, at(3)), (without_one, at(1)), (swapped, at(0))] {
        let target = InDirectory::new();
        let error = import(&target.engine(), &bad, false).await.unwrap_err();
        let named =
            matches!(&error, TransferError::Damaged { offset: at, .. } if *at == offset as u64);
        assert!(named, "{error:?}");
    }
}

#[tokio::test]
async fn newer_formats_are_refused() {
    let file = exported(&three_chunks()).await;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let newer = [b"upsell-export 2\n", &file[16..]].concat();
    let target = InDirectory::new();
    let target = target.engine();
    let error = import(&target, &newer, false).await.unwrap_err();
    assert!(
        matches!(
            error,
            TransferError::NewerFormat {
                found: 2,
                supported: 1
            }
        ),
        "{error:?}"
    );
    let end = usize::try_from(places(&file)[0].offset).unwrap() - 32;
    let lines = text(&file[..end]).replace("\"records_format\":1", "\"records_format\":2");
    let sum = Sha256::digest(lines.as_bytes());
    let newer = [lines.as_bytes(), &sum, &file[end + 32..]].concat();
    let error = import(&target, &newer, false).await.unwrap_err();
    assert!(
        matches!(
            error,
            TransferError::Format(FormatError::Newer { found: 2 })
        ),
        "{error:?}"
    );
    assert_eq!(all(&target).await, Records::new());
    let error = import(&target, b"PK\x03\x04 something else", false).await;
    assert!(matches!(error, Err(TransferError::NotAnExport)));

    let mut changes = Changes::new();
    changes.put(keys::format(), 1_u32.to_be_bytes().to_vec());
    target.commit(changes).await.unwrap();
    format::check(&target).await.unwrap();
    let mut changes = Changes::new();
    changes.put(keys::format(), 2_u32.to_be_bytes().to_vec());
    target.commit(changes).await.unwrap();
    assert!(format::check(&target).await.is_err());
}

#[tokio::test]
async fn an_import_is_resumed_with_its_own_export_only() {
    let records = three_chunks();
    let file = exported(&records).await;
    let others = exported(&first(&records, 19)).await;
    let target = InDirectory::new();
    let target = target.engine();
    let half = &file[..file.len() / 2];
    import(&target, half, false).await.unwrap_err();
    let there = all(&target).await;
    // One header for both: what differs is a chunk that is in the store already, or its lack.
    let mut changed = records.clone();
    changed.insert(vec![250, 0], vec![9; 100]);
    let changed = exported(&changed).await;
    let error = import(&target, &changed, true).await.unwrap_err();
    assert!(matches!(error, TransferError::OtherExport), "{error:?}");
    let short = exported(&Records::new()).await;
    let error = import(&target, &short, true).await.unwrap_err();
    assert!(matches!(error, TransferError::OtherExport), "{error:?}");
    assert_eq!(all(&target).await, there, "nothing was written");
    // So much of it is the same that it goes on from here.
    import(&target, &others, true).await.unwrap();
    assert_eq!(all(&target).await, first(&records, 19));
}

#[tokio::test]
async fn who_writes_into_the_store_meanwhile_is_noticed() {
    let file = exported(&three_chunks()).await;
    let target = InDirectory::new();
    let target = target.engine();
    import(&target, &file[..file.len() - 1], false)
        .await
        .unwrap_err();
    fill(&target, &Records::from([(b"new".to_vec(), vec![])])).await;
    let error = import(&target, &file, true).await.unwrap_err();
    assert!(
        matches!(
            error,
            TransferError::Miscounted {
                expected: 20,
                found: 21
            }
        ),
        "{error:?}"
    );
    assert!(refuse_unfinished(&target).await.is_err());
}
