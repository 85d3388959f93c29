//! The values that are measured, from a few members to megabytes.

use std::collections::BTreeMap;

use etag_core::{Database, Versioned};
use serde::{Deserialize, Serialize};

/// Five members, 138 octets of JSON.
#[derive(Debug, Clone, Serialize, Deserialize, Versioned)]
#[serde(rename_all = "camelCase")]
#[versioned(store = Database, create = "put")]
pub struct Small {
    #[versioned(id)]
    pub id: String,
    pub serial_number: String,
    pub name: String,
    pub is_running: bool,
    pub litres: f64,
}

/// Twenty members, with texts, numbers, lists, a map and structs inside: 1.2 KB of JSON.
#[derive(Debug, Clone, Serialize, Deserialize, Versioned)]
#[serde(rename_all = "camelCase")]
#[versioned(store = Database, create = "put")]
pub struct Medium {
    #[versioned(id)]
    pub id: String,
    pub serial_number: String,
    pub name: String,
    pub description: String,
    pub manufacturer: Manufacturer,
    pub kind: Kind,
    pub quantity: u64,
    pub price: f64,
    pub weight: f64,
    pub position: [f64; 3],
    pub is_public: bool,
    pub is_running: bool,
    pub labels: Vec<String>,
    pub limits: BTreeMap<String, f64>,
    pub notes: Option<String>,
    pub parent: Option<u64>,
    pub readings: Vec<Reading>,
    pub delivered: String,
    pub updated_by: String,
    pub offset: i32,
}

/// Mediums in one document: 120 KB for a hundred of them.
#[derive(Debug, Clone, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, create = "put")]
pub struct Large {
    #[versioned(id)]
    pub id: String,
    pub pumps: Vec<Medium>,
}

/// An item of a collection, whose lists have the tag of the whole.
#[derive(Debug, Clone, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, collection_tag)]
pub struct Tank {
    #[versioned(id)]
    pub id: u64,
    pub name: String,
    pub litres: u64,
}

/// A struct inside of another one.
#[derive(Debug, Clone, Serialize, Deserialize, Versioned)]
#[serde(rename_all = "camelCase")]
pub struct Manufacturer {
    pub name: String,
    pub country: String,
    pub contact: String,
    pub number: u32,
}

/// A word.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, Versioned)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    WaterPump,
    AirPump,
}

/// A few numbers, many times.
#[derive(Debug, Clone, Serialize, Deserialize, Versioned)]
pub struct Reading {
    pub at: u64,
    pub litres: f64,
    pub volts: f64,
}

impl Small {
    /// A sample; each number makes another one.
    pub fn sample(number: u32) -> Self {
        Self {
            id: format!("pump-{:06}", 120_000 + number),
            serial_number: "WP-2024-00017/7".to_owned(),
            name: "North pump, behind the mill (second floor)".to_owned(),
            is_running: true,
            litres: 40.25 + f64::from(number),
        }
    }
}

impl Tank {
    /// A sample; each number makes another one.
    pub fn sample(number: u64) -> Self {
        Self { id: number, name: "North tank".to_owned(), litres: number }
    }
}

impl Medium {
    /// A sample; each number makes another one.
    pub fn sample(number: u32) -> Self {
        let part = f64::from(number);
        Self {
            id: format!("pump-{:06}", 120_000 + number),
            serial_number: "WP-2024-00017/7".to_owned(),
            name: "North pump, behind the mill (2nd floor)".to_owned(),
            description:
                "Feeds the upper basin.\nStop it before the sluice is opened: the \"old\" valve leaks. \
                          Größte Förderhöhe 18 m; see the plan in the cabinet, page 7. Whoever replaces the seal tells the lock keeper, and writes it down here. \
                          From November to March the heater runs at night; the fuse is in the mill, on the left of \
                          the stairs, and the key hangs behind the door of the office on the first floor."
                    .to_owned(),
            manufacturer: Manufacturer {
                name: "Søndergaard & Sons".to_owned(),
                country: "DK".to_owned(),
                contact: "service@sondergaard.example".to_owned(),
                number: 4711,
            },
            kind: if number.is_multiple_of(2) { Kind::WaterPump } else { Kind::AirPump },
            quantity: 17,
            price: 1249.95 + part,
            weight: 38.4,
            position: [57.048_820_1 + part / 1000.0, 9.921_747, 12.5],
            is_public: true,
            is_running: false,
            labels: ["basin", "mill", "winter service", "leased"].map(str::to_owned).to_vec(),
            limits: [("amperes", 16.0), ("bar", 6.5), ("celsius", 85.0), ("rpm", 2_950.0)]
                .map(|(name, limit)| (name.to_owned(), limit))
                .into(),
            notes: Some("Replaced the gasket; noise at 2,400 rpm is gone.".to_owned()),
            parent: None,
            readings: (0..2)
                .map(|hour| Reading {
                    at: 1_772_366_400 + 3600 * hour,
                    litres: 40.5 + hour as f64 + part,
                    volts: 229.7 + hour as f64 / 8.0,
                })
                .collect(),
            delivered: "2024-03-01T12:00:00Z".to_owned(),
            updated_by: "ada.lovelace@mill.example".to_owned(),
            offset: -120,
        }
    }
}

impl Large {
    /// So many samples in one.
    pub fn sample(count: u32) -> Self {
        Self { id: "all".to_owned(), pumps: (0..count).map(Medium::sample).collect() }
    }
}
