//! What is asked of each value of a type.

use std::any::type_name;
use std::fmt::{self, Debug, Display};
use std::ops::AddAssign;

use etag_core::{Representation, StateTag, Versioned, canonical};
use proptest::prelude::{Arbitrary, Strategy, any};
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::others::{Others, others};

/// A type, and how its values are checked.
pub struct Shape {
    name: &'static str,
    check: Box<dyn Fn(u32) -> Result<Tally, String> + Send + Sync>,
    /// Whether some values have a form.
    is_written: bool,
}

impl Shape {
    /// Values that have a form, or at least some of them.
    pub fn of<T: Arbitrary + Versioned + Serialize + 'static>() -> Self {
        Self::from_strategy(any::<T>)
    }

    /// The same, for a type whose values come from a strategy.
    pub fn from_strategy<T, S>(values: impl Fn() -> S + Send + Sync + 'static) -> Self
    where
        T: Versioned + Serialize + Debug,
        S: Strategy<Value = T>,
    {
        let name = type_name::<T>();
        Self { name, check: Box::new(move |cases| check(&values(), cases)), is_written: true }
    }

    /// Each of the values is refused by `serde_json`, or sent with a member twice.
    pub fn never_written(self) -> Self {
        Self { is_written: false, ..self }
    }

    /// Checks so many values; where one differs, says which, and how.
    pub fn check(&self, cases: u32) -> Result<Tally, String> {
        let name = self.name;
        let tally = (self.check)(cases).map_err(|difference| format!("{name}: {difference}"))?;
        match tally.written > 0 {
            is_written if is_written == self.is_written => Ok(tally),
            _ => Err(format!("{name}: not what the test says of the shape: {tally}")),
        }
    }
}

/// How many values were seen, and what became of them.
#[derive(Clone, Copy, Default)]
pub struct Tally {
    pub written: u64,
    pub refused: u64,
    pub repeated: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, more: Self) {
        self.written += more.written;
        self.refused += more.refused;
        self.repeated += more.repeated;
    }
}

impl Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { written, refused, repeated } = self;
        let values = written + refused + repeated;
        write!(f, "{values} values: {written} written, {refused} refused, {repeated} with a member twice")
    }
}

fn check<S: Strategy<Value: Versioned + Serialize>>(values: &S, cases: u32) -> Result<Tally, String> {
    // A failure is shown in full, so no file is kept for it.
    let config = Config { cases, max_shrink_iters: 4_000, failure_persistence: None, ..Config::default() };
    let tally = std::cell::Cell::new(Tally::default());
    let checked = TestRunner::new(config).run(values, |value| {
        let mut counted = tally.get();
        counted += compare(&value).map_err(TestCaseError::fail)?;
        tally.set(counted);
        Ok(())
    });
    match checked {
        Ok(()) => Ok(tally.get()),
        Err(TestError::Fail(difference, value)) => {
            Err(format!("{difference}\n  value: {}", shortened(&value)))
        }
        Err(TestError::Abort(reason)) => Err(format!("no values: {reason}")),
    }
}

/// What others say of a value, and what becomes of it.
fn compare<T: Versioned + Serialize>(value: &T) -> Result<Tally, String> {
    let others = others(value)?;
    let differs = ours(value).into_iter().find(|(_, ours)| !agree(&others, ours));
    if let Some((way, ours)) = differs {
        let shown = ours.map_or_else(|error| format!("refused: {error}"), text);
        return Err(format!("\n  others: {others}\n  {way}: {shown}"));
    }
    if let Others::Form(form) = &others {
        tagged_by_its_bytes(value, form)?;
    }
    Ok(match others {
        Others::Form(_) => Tally { written: 1, ..Tally::default() },
        Others::Refused(_) => Tally { refused: 1, ..Tally::default() },
        Others::Repeated => Tally { repeated: 1, ..Tally::default() },
    })
}

type Bytes = Result<Vec<u8>, canonical::Error>;

/// Each way to the form of a value.
fn ours<T: Versioned + Serialize>(value: &T) -> [(&'static str, Bytes); 3] {
    let body = Representation::of(value).map(|representation| representation.body().to_vec());
    [("derived", canonical::to_vec(value)), ("by serde", canonical::to_vec_serde(value)), ("body", body)]
}

/// The promise to those who hold tags: the strong tag of a plain type is the SHA-256 of the bytes sent.
fn tagged_by_its_bytes<T: Versioned>(value: &T, form: &str) -> Result<(), String> {
    let Ok(representation) = Representation::of(value) else { return Ok(()) };
    let state = StateTag::from_hash(Sha256::digest(form).into());
    let tag = representation.validators().etag.map_or_else(String::new, |etag| etag.to_string());
    match tag == format!("\"{state}\"") {
        true => Ok(()),
        false => Err(format!("\n  bytes: {form}\n  their tag: {state}\n  tagged: {tag}")),
    }
}

fn agree(others: &Others, ours: &Bytes) -> bool {
    match others {
        Others::Form(form) => ours.as_ref().is_ok_and(|ours| ours == form.as_bytes()),
        Others::Refused(_) => ours.is_err(),
        Others::Repeated => matches!(ours, Err(canonical::Error::Duplicate(_))),
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What a value looks like, as far as it can be read.
fn shortened(value: &impl Debug) -> String {
    format!("{value:?}").chars().take(1_000).collect()
}
