//! The state of a value: canonical JSON, written and hashed.

use std::hint::black_box;

use bench::apps::Sample;
use bench::models::{Large, Medium, Small};
use bench::race::calls;
use etag_core::{StateTag, canonical};
use sha2::{Digest as _, Sha256};

use crate::Row;

/// The most that a size may take of what the limit and the peers do.
struct Goals {
    bytes: Option<f64>,
    serde_json: Option<f64>,
    canonicalizer: Option<f64>,
}

/// The huge one takes a while to make.
pub(crate) fn rows(with_huge: bool) -> Vec<Row<'static>> {
    let goals = |bytes, serde_json| Goals {
        bytes: Some(bytes),
        serde_json: Some(serde_json),
        canonicalizer: Some(0.1),
    };
    let mut rows = of("small", Small::sample(1), &goals(1.3, 0.65));
    rows.extend(of("medium", Medium::sample(1), &goals(1.6, 0.68)));
    rows.extend(of("large", Large::sample(100), &goals(1.8, 0.72)));
    rows.extend(of("list of 100 mediums", Large::sample(100).pumps, &goals(1.8, 0.72)));
    if with_huge {
        let none = Goals { bytes: None, serde_json: None, canonicalizer: None };
        rows.extend(of("huge", Large::sample(10_000), &none));
    }
    rows
}

fn of<T: Sample>(size: &str, value: T, goals: &Goals) -> Vec<Row<'static>> {
    let value: &T = Box::leak(Box::new(value));
    let bytes = canonical::to_vec(value).expect("the model has a canonical form");
    eprintln!("{size}: {} octets", bytes.len());
    let state = || calls(move || StateTag::of(black_box(value)));
    let limit = calls(move || Sha256::digest(black_box(&bytes)));
    let serde_json = calls(move || Sha256::digest(serde_json::to_vec(black_box(value)).expect("it is JSON")));
    let canonicalizer = calls(move || {
        Sha256::digest(serde_json_canonicalizer::to_vec(black_box(value)).expect("it is JSON"))
    });
    let what = format!("{size}: state of a value");
    vec![
        Row::new(what.clone(), "SHA-256 of the ready octets", goals.bytes, state(), limit),
        Row::new(what.clone(), "`serde_json` + SHA-256", goals.serde_json, state(), serde_json),
        Row::new(what, "`serde_json_canonicalizer` + SHA-256", goals.canonicalizer, state(), canonicalizer),
        Row::new(
            format!("{size}: canonical JSON alone"),
            "`serde_json` alone",
            None,
            calls(move || canonical::to_vec(black_box(value))),
            calls(move || serde_json::to_vec(black_box(value))),
        ),
    ]
}
