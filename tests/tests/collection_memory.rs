//! What a `Collection` keeps beside its keys and values, by an allocator that counts.

use std::mem::size_of;

use etag_core::{Collection, Versioned};
use peak_alloc::PeakAlloc;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

const COUNT: u64 = 20_000;

#[derive(Versioned)]
struct Small {
    litres: u64,
}

/// As wide as a row of a table.
#[derive(Versioned)]
struct Wide {
    numbers: [u64; 16],
}

/// The bytes that an item has more than its key and its value.
fn overhead<T: Versioned>(
    value: impl Fn() -> T,
    fill: impl FnOnce(&mut Collection<u64, T>, &dyn Fn() -> T),
) -> f64 {
    let before = HEAP.current_usage();
    let mut collection = Collection::new();
    fill(&mut collection, &value);
    let held = HEAP.current_usage() - before;
    let own = collection.len() * (size_of::<u64>() + size_of::<T>());
    (held - own) as f64 / collection.len() as f64
}

fn insert<T: Versioned>(
    collection: &mut Collection<u64, T>,
    keys: impl Iterator<Item = u64>,
    value: &dyn Fn() -> T,
) {
    for key in keys {
        collection.insert(key, value()).unwrap();
    }
}

/// Numbers below `COUNT`, each once, in no order that a collection knows.
fn scattered() -> impl Iterator<Item = u64> {
    (0..COUNT).map(|n| n * 12_347 % COUNT)
}

fn of_each_history<T: Versioned>(value: impl Fn() -> T + Copy) -> [(&'static str, f64); 5] {
    [
        ("ascending", overhead(value, |items, value| insert(items, 0..COUNT, value))),
        ("descending", overhead(value, |items, value| insert(items, (0..COUNT).rev(), value))),
        (
            "descending to what ascended",
            overhead(value, |items, value| insert(items, (0..64).chain((64..COUNT).rev()), value)),
        ),
        ("scattered", overhead(value, |items, value| insert(items, scattered(), value))),
        (
            "of which most are removed",
            overhead(value, |items, value| {
                insert(items, 0..COUNT, value);
                for key in scattered().filter(|key| key % 10 != 0) {
                    items.remove(&key);
                }
            }),
        ),
    ]
}

/// 32 of them are the hash by which an item is subtracted again. One test, since the heap is the whole process's.
#[test]
fn an_item_has_at_most_40_bytes_beside_its_key_and_value() {
    let small = of_each_history(|| Small { litres: 7 });
    let wide = of_each_history(|| Wide { numbers: [7; 16] });
    // Where keys ascend, as numbers that are given away do, chunks are filled.
    assert!(small[0].1 + 1.0 < small[1].1, "{small:?}");
    for (history, bytes) in small.into_iter().chain(wide) {
        println!("{bytes:.1} bytes an item, {history}");
        assert!(bytes <= 40.0, "{bytes:.1} bytes an item, {history}");
    }
}
