//! How cost grows: `cargo bench --manifest-path tests/bench/Cargo.toml --bench growth`.
//!
//! Two tables, one by the size of a document and one by that of a collection, and a chart of each for the guide
//! `cost_of_a_tag`. `-- FOLDER`: the charts go there.

mod chart;
mod collections;
mod documents;

use std::path::Path;
use std::process::ExitCode;

use tokio::runtime::Builder;

/// Where the guide has its charts.
const GUIDES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../etag-core/src/guides");

fn main() -> ExitCode {
    let folder = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let folder = folder.unwrap_or_else(|| GUIDES.to_owned());
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    let charts = [
        ("cost_by_document_size.svg", documents::measure(&runtime)),
        ("cost_by_collection_size.svg", collections::measure(&runtime)),
    ];
    for (name, chart) in charts {
        chart.print();
        let path = Path::new(&folder).join(name);
        if let Err(error) = std::fs::write(&path, chart.svg()) {
            eprintln!("{}: {error}", path.display());
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
