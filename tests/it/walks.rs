//! The vendors' walks, step by step with stock `requests`, against the real program: a script for
//! each dialect in `tests/walks`.

use crate::support::app::TestApp;
use crate::support::python;

#[tokio::test]
async fn the_seeds_are_walked_with_stock_requests() {
    let mut scripts: Vec<_> = std::fs::read_dir(python::source("walks"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "py"))
        .collect();
    scripts.sort();
    let names: Vec<_> = scripts.iter().filter_map(|path| path.file_stem()).collect();
    assert_eq!(names, ["account", "billing", "partner", "reseller"]);
    for script in &scripts {
        let app = TestApp::start(&[]).await;
        let name = script.to_str().unwrap();
        match python::run(&app, "python", &[name]).await {
            Ok(text) => {
                let steps = text.lines().count();
                assert!(steps >= 5, "{name} says nothing of its steps: {text}");
                println!("{name}: {steps} lines");
            }
            Err(text) => panic!("{name} failed:\n{text}"),
        }
    }
}
