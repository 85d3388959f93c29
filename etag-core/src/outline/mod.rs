//! What a type's description says without a value: its shape, its members, its roles.

mod drawer;
mod member;

pub(crate) use member::{Kind, Member};

use std::any::TypeId;
use std::collections::HashMap;
use std::hash::{Hash as _, Hasher};
use std::sync::OnceLock;

use crate::{StateTag, TagKeys, Timestamp, Versioned, canonical};
use drawer::Pen;

/// A type, as far as its description tells.
#[derive(Default)]
pub(crate) struct Outline {
    /// A fingerprint that changes when the JSON of a value can.
    pub(crate) shape: String,
    /// The members of the value itself, in the order of the description.
    pub(crate) members: Vec<Member>,
    /// The members that the framework stamps.
    pub(crate) stamps: Vec<Stamp>,
    pub(crate) embed: Option<&'static str>,
    /// Its own, and those of what is flattened into it.
    pub(crate) epochs: Vec<u64>,
    /// Whether it, or what it holds, has keyed tags.
    pub(crate) is_keyed: bool,
    /// What an answer's `Cache-Control` says, and its `Vary`.
    pub(crate) cache_control: Option<&'static str>,
    pub(crate) vary: Vec<&'static str>,
    pub(crate) has_revision: bool,
    pub(crate) has_modified: bool,
    pub(crate) has_variant: bool,
    pub(crate) has_skip: bool,
    /// The variant of a value that has no variant members.
    pub(crate) fixed_variant: Option<StateTag>,
}

/// A member that the framework stamps.
#[cfg_attr(not(feature = "axum"), allow(dead_code, reason = "extractors put it into a body"))]
pub(crate) struct Stamp {
    pub(crate) name: &'static str,
    pub(crate) json: StampJson,
    /// Whether only some variants of an enum have it.
    pub(crate) is_of_variant: bool,
}

pub(crate) type StampJson = Box<dyn Fn(Timestamp) -> Result<Vec<u8>, canonical::Error> + Send + Sync>;

impl Outline {
    /// The outline of `T`, made once in a process.
    pub(crate) fn of<T: Versioned + ?Sized>() -> &'static Self {
        Self::of_shape(Shape::of::<T>())
    }

    fn of_shape(shape: Shape) -> &'static Self {
        let mut place = &OUTLINES[bucket(shape.id)];
        loop {
            match place.get() {
                Some(known) if known.id == shape.id => return &known.outline,
                Some(other) => place = &other.next,
                // Whoever comes first fills the place; what another thread put there meanwhile is looked at then.
                None => drop(place.set(Box::new(Known {
                    id: shape.id,
                    outline: Self::draw(shape),
                    next: OnceLock::new(),
                }))),
            }
        }
    }

    fn draw(shape: Shape) -> Self {
        let mut drawing = Drawing::default();
        let (text, _) = drawing.inner(shape, true);
        let mut outline = drawing.outline;
        outline.shape = StateTag::hash([FORMAT, text.as_bytes()]).to_string();
        outline.fixed_variant = outline.hash_variant(&[], None);
        outline
    }

    /// The keys that the type's tags are made with, where they are keyed.
    pub(crate) fn tag_keys(&self) -> Result<Option<&'static TagKeys>, canonical::Error> {
        TagKeys::needed(self.is_keyed)
    }

    /// The variant of a value whose variant members are these, and whose items have that variant.
    pub(crate) fn variant<'a>(
        &self,
        members: impl Iterator<Item = &'a [u8]>,
        items: Option<StateTag>,
    ) -> Option<StateTag> {
        match items {
            Some(items) if !self.has_variant && self.fixed_variant.is_none() => Some(items),
            None if !self.has_variant => self.fixed_variant,
            _ => self.hash_variant(&members.collect::<Vec<_>>(), items),
        }
    }

    /// The SHA-256 of a canonical object of what is in the variant, and in no state:
    /// `{"epoch":2,"items":"…","shape":"…","variant":{…}}`, without what there is none of; several epochs are
    /// an array.
    ///
    /// The shape is that of a type with a revision: a new program that sends other JSON for one revision
    /// sends another tag.
    fn hash_variant(&self, members: &[&[u8]], items: Option<StateTag>) -> Option<StateTag> {
        let mut parts: Vec<Vec<u8>> = Vec::new();
        match &self.epochs[..] {
            [] => {}
            [epoch] => parts.push(format!("\"epoch\":{epoch}").into_bytes()),
            epochs => parts.push(format!("\"epoch\":{epochs:?}").replace(' ', "").into_bytes()),
        }
        if let Some(items) = items {
            parts.push(format!("\"items\":\"{items}\"").into_bytes());
        }
        if self.has_revision {
            parts.push(format!("\"shape\":\"{}\"", self.shape).into_bytes());
        }
        if self.has_variant {
            parts.push([b"\"variant\":{", members.join(&b',').as_slice(), b"}"].concat());
        }
        (!parts.is_empty()).then(|| StateTag::hash([b"{", parts.join(&b',').as_slice(), b"}"]))
    }
}

/// One entry for a type of the program: it does not grow with requests. Each answer looks into it, from all threads, and
/// none of them waits or writes: those of a bucket are a list that only grows.
static OUTLINES: [OnceLock<Box<Known>>; 256] = [const { OnceLock::new() }; 256];

struct Known {
    id: TypeId,
    outline: Outline,
    next: OnceLock<Box<Known>>,
}

/// A type's id is a hash already.
fn bucket(id: TypeId) -> usize {
    let mut taken = Taken(0);
    id.hash(&mut taken);
    taken.0 as usize % OUTLINES.len()
}

/// Takes a hash as it is.
struct Taken(u64);

impl Hasher for Taken {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Part of each shape: another number says that the canonical form itself has changed.
const FORMAT: &[u8] = b"etag-core 1\n";

/// A type whose description can be drawn.
#[derive(Clone, Copy)]
struct Shape {
    id: TypeId,
    draw: fn(&mut Pen<'_>),
}

impl Shape {
    fn of<V: Versioned + ?Sized>() -> Self {
        Self { id: typeid::of::<V>(), draw: drawer::draw::<V> }
    }
}

#[derive(Default)]
struct Drawing {
    /// The types that were drawn before and name none that is open: what they consist of. One that is answered with
    /// shows its roles, a nested one does not.
    drawn: HashMap<(TypeId, bool), (String, Kind)>,
    /// The types that are being drawn into one another, and how deep each is: one that contains itself refers
    /// back.
    open: Vec<(TypeId, usize)>,
    /// The types that were drawn since and name one that is open, in order: who names them again refers to them.
    waiting: Vec<(TypeId, bool)>,
    /// The outermost of the open types that was referred to.
    referred: Option<usize>,
    /// Whether what is drawn is there in one variant only.
    in_case: bool,
    outline: Outline,
}

impl Drawing {
    /// Draws a nested type as a whole, whatever it is called: types of one form have one shape. Says what its
    /// values look like.
    fn value(&mut self, shape: Shape) -> (String, Kind) {
        let (text, kind) = self.inner(shape, false);
        (short(text), kind)
    }

    /// Draws what a type consists of.
    fn inner(&mut self, shape: Shape, outermost: bool) -> (String, Kind) {
        self.draw(shape, self.depth() + 1, outermost)
    }

    /// Draws what has another type's form: that a newtype or a box is between them is not seen.
    fn through(&mut self, shape: Shape, outermost: bool) -> (String, Kind) {
        self.draw(shape, self.depth(), outermost)
    }

    fn depth(&self) -> usize {
        self.open.last().map_or(0, |(_, depth)| *depth)
    }

    fn draw(&mut self, shape: Shape, depth: usize, outermost: bool) -> (String, Kind) {
        let key = (shape.id, outermost);
        if let Some(drawn) = self.drawn.get(&key) {
            return drawn.clone();
        }
        if let Some(at) = self.open.iter().position(|(open, _)| *open == shape.id) {
            self.referred = self.referred.into_iter().chain([at]).min();
            return (format!("again {}", depth - self.open[at].1), Kind::Composite);
        }
        if let Some(at) = self.waiting.iter().position(|waiting| *waiting == key) {
            return (format!("as {}", self.waiting.len() - at), Kind::Composite);
        }
        let (outer, waiting) = (self.referred.take(), self.waiting.len());
        self.open.push((shape.id, depth));
        let mut pen = Pen::new(self, outermost);
        (shape.draw)(&mut pen);
        let drawn = pen.finish();
        self.open.pop();
        // What refers to a type that is closed now refers to nothing outside.
        self.referred = self.referred.filter(|at| *at < self.open.len());
        if self.referred.is_none() {
            self.waiting.truncate(waiting);
            self.drawn.insert(key, drawn.clone());
        } else if !is_short(&drawn.0) {
            // A box says no more than what it holds: it is drawn again.
            self.waiting.push(key);
        }
        self.referred = self.referred.into_iter().chain(outer).min();
        drawn
    }
}

/// The text in brackets, or the hash of a long one: a type that is used everywhere does not grow the shapes of
/// all others.
fn short(text: String) -> String {
    let shape = if is_short(&text) { text } else { StateTag::hash([text.as_bytes()]).to_string() };
    format!("({shape})")
}

/// Whether a text is no longer than its hash would be.
fn is_short(text: &str) -> bool {
    text.len() <= 43
}
