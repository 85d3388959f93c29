//! What a change of a [`Collection`] costs, and its tag after it, from ten items to a million; and what a write in memory
//! costs where the collection's tag follows it.
//!
//! `cargo bench -p etag-core --features collections --bench collection`

use divan::{Bencher, black_box};
use etag_core::{Collection, Database, FromJson, Matched, Required, Resource, Store, Versioned};
use serde::{Deserialize, Serialize};
use tokio::runtime::{Builder, Runtime};

fn main() {
    divan::main();
}

const SIZES: [u64; 4] = [10, 1_000, 100_000, 1_000_000];

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

/// An item of the memory store, whose lists have the tag of the whole collection.
#[derive(Serialize, Deserialize, Versioned)]
#[versioned(store = Database, collection_tag)]
struct Tank {
    #[versioned(id)]
    id: u64,
    litres: u64,
}

/// The same without.
#[derive(Serialize, Deserialize, Versioned)]
#[versioned(store = Database)]
struct Barrel {
    #[versioned(id)]
    id: u64,
    litres: u64,
}

fn runtime() -> Runtime {
    Builder::new_current_thread().build().expect("a thread can be made")
}

/// A database in memory with that many items.
fn memory<T>(runtime: &Runtime, count: u64, new: impl Fn(u64, u64) -> T) -> Database
where
    T: Resource<Key = u64> + FromJson,
{
    runtime.block_on(async {
        let database = Database::connect("memory:").await.expect("there is memory");
        let items = (0..count).map(|id| new(id, 0)).collect();
        database.import(items, Required::New, |_| {}).await.expect("an item can be stored");
        database
    })
}

fn write_in_memory<T>(bencher: Bencher<'_, '_>, count: u64, new: impl Fn(u64, u64) -> T)
where
    T: Resource<Key = u64> + FromJson,
{
    let runtime = runtime();
    let (database, mut number, mut litres) = (memory(&runtime, count, &new), numbers(count), 0);
    bencher.bench_local(|| {
        litres += 1;
        let id = number();
        let written = database.replace(Matched::unconditional(id), new(id, litres));
        runtime.block_on(written).is_ok()
    });
}

#[divan::bench(args = SIZES, sample_count = 500, sample_size = 20)]
fn write_in_memory_with_a_collection_tag(bencher: Bencher<'_, '_>, count: u64) {
    write_in_memory(bencher, count, |id, litres| Tank { id, litres });
}

#[divan::bench(args = SIZES, sample_count = 500, sample_size = 20)]
fn write_in_memory_without(bencher: Bencher<'_, '_>, count: u64) {
    write_in_memory(bencher, count, |id, litres| Barrel { id, litres });
}

#[divan::bench(args = SIZES, sample_count = 100, sample_size = 20)]
fn collection_tag_in_memory(bencher: Bencher<'_, '_>, count: u64) {
    let runtime = runtime();
    let database = memory(&runtime, count, |id, litres| Tank { id, litres });
    bencher.bench_local(|| runtime.block_on(Store::<Tank>::collection_state(&database)).is_ok());
}
