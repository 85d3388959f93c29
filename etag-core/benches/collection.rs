//! What a change of a [`Collection`] costs, and its tag after it, from a hundred items to a million.
//!
//! `cargo bench -p etag-core --features collections --bench collection`

use divan::{Bencher, black_box};
use etag_core::{Collection, Versioned};

fn main() {
    divan::main();
}

const SIZES: [u64; 5] = [100, 1_000, 10_000, 100_000, 1_000_000];

#[derive(Versioned)]
struct Pump {
    name: String,
    litres: f64,
    open: bool,
}

impl Pump {
    fn new(litres: u32) -> Self {
        Self { name: "north".to_owned(), litres: litres.into(), open: true }
    }
}

fn pumps(count: u64) -> Collection<u64, Pump> {
    // The keys are even, so that there is room between them.
    let pumps = (0..count).map(|n| (2 * n, Pump::new(0)));
    Collection::try_from_iter(pumps).expect("a pump has canonical JSON")
}

/// Numbers below `count`, in no order (Marsaglia's xorshift).
fn numbers(count: u64) -> impl FnMut() -> u64 {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % count
    }
}

/// The goal: at most 5 µs with a million items.
#[divan::bench(args = SIZES, sample_count = 500, sample_size = 20)]
fn tag_after_a_replacement(bencher: Bencher<'_, '_>, count: u64) {
    let (mut pumps, mut number, mut litres) = (pumps(count), numbers(count), 0);
    bencher.bench_local(|| {
        litres += 1;
        black_box(pumps.insert(2 * number(), Pump::new(litres)).is_ok());
        pumps.state()
    });
}

#[divan::bench(args = SIZES, sample_count = 500, sample_size = 20)]
fn tag_after_an_insertion_and_one_after_its_removal(bencher: Bencher<'_, '_>, count: u64) {
    let (mut pumps, mut number) = (pumps(count), numbers(count));
    bencher.bench_local(|| {
        let key = 2 * number() + 1;
        black_box(pumps.insert(key, Pump::new(7)).is_ok());
        let with = pumps.state();
        black_box(pumps.remove(&key));
        (with, pumps.state())
    });
}

#[divan::bench(args = SIZES, sample_count = 500, sample_size = 20)]
fn replacement_without_a_tag(bencher: Bencher<'_, '_>, count: u64) {
    let (mut pumps, mut number, mut litres) = (pumps(count), numbers(count), 0);
    bencher.bench_local(|| {
        litres += 1;
        pumps.insert(2 * number(), Pump::new(litres)).is_ok()
    });
}

#[divan::bench(args = SIZES, sample_count = 500, sample_size = 20)]
fn get(bencher: Bencher<'_, '_>, count: u64) {
    let (pumps, mut number) = (pumps(count), numbers(count));
    bencher.bench_local(|| pumps.get(&(2 * number())).map(|pump| pump.litres));
}

#[divan::bench(args = SIZES, sample_count = 3, sample_size = 1)]
fn from_scratch(count: u64) -> Collection<u64, Pump> {
    pumps(count)
}
