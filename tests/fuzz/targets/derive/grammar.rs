//! Writes items that a user could have put a `#[derive(Versioned)]` on: some as they should be, most with a mistake.
//!
//! Of each list, the first is what is written where no choices are left.

use arbitrary::Unstructured;

/// The choices, driven by the fuzzer's bytes.
pub(crate) struct Grammar<'a> {
    choices: Unstructured<'a>,
    /// Whether every attribute is one that is known where it stands, with a value that it takes.
    careful: bool,
    /// How many types are around the one that is being written.
    depth: usize,
}

/// Where an attribute stands.
#[derive(Clone, Copy)]
enum Place {
    Type,
    Field,
    Variant,
}

impl<'a> Grammar<'a> {
    pub(crate) fn new(input: &'a [u8]) -> Self {
        Self { choices: Unstructured::new(input), careful: true, depth: 0 }
    }

    pub(crate) fn item(&mut self) -> String {
        self.careful = self.index(2) == 0;
        let attributes = self.attributes(Place::Type);
        let visibility = self.one_of(&VISIBILITIES);
        let name = self.name();
        let generics = self.generics();
        let bounds = self.one_of(&WHERE);
        let item = match self.index(8) {
            0..=2 => format!("struct {name} {generics} {bounds} {{ {} }}", self.named_fields()),
            3 => format!("struct {name} {generics} ({}) {bounds};", self.unnamed_fields()),
            4 => format!("struct {name} {generics} {bounds};"),
            5 | 6 => format!("enum {name} {generics} {bounds} {{ {} }}", self.variants()),
            _ => format!("union {name} {generics} {bounds} {{ {} }}", self.named_fields()),
        };
        format!("{attributes} {visibility} {item}")
    }

    fn named_fields(&mut self) -> String {
        self.several(5, ", ", |it| {
            let (attributes, visibility) = (it.attributes(Place::Field), it.one_of(&VISIBILITIES));
            format!("{attributes} {visibility} {}: {}", it.name(), it.ty())
        })
    }

    fn unnamed_fields(&mut self) -> String {
        self.several(4, ", ", |it| {
            let (attributes, visibility) = (it.attributes(Place::Field), it.one_of(&VISIBILITIES));
            format!("{attributes} {visibility} {}", it.ty())
        })
    }

    fn variants(&mut self) -> String {
        self.several(5, ", ", |it| {
            let (attributes, name) = (it.attributes(Place::Variant), it.name());
            let fields = match it.index(5) {
                0 | 1 => String::new(),
                2 => format!("({})", it.unnamed_fields()),
                3 => format!("{{ {} }}", it.named_fields()),
                _ => "= -1".to_owned(),
            };
            format!("{attributes} {name} {fields}")
        })
    }

    fn attributes(&mut self, place: Place) -> String {
        let at_most = if self.careful { 1 } else { 3 };
        self.several(at_most, "\n", |it| match it.index(10) {
            9 if it.careful => "#[deprecated]".to_owned(),
            0..=4 => format!("#[versioned({})]", it.entries(place.versioned(), place)),
            5..=8 => format!("#[serde({})]", it.entries(place.serde(), place)),
            _ => it.one_of(&OTHER_ATTRIBUTES).to_owned(),
        })
    }

    fn entries(&mut self, keys: &[(&str, &[&str])], place: Place) -> String {
        if self.careful {
            return self.entry(keys, place);
        }
        let separator = self.mostly(", ", &[", ,", " ", ";", ",", "=", "::"]);
        let entries = self.several(3, separator, |it| it.entry(keys, place));
        let end = self.mostly("", &[",", ",,", "=", "<", "->"]);
        entries + end
    }

    /// A key of these with a value as it should be, or something else.
    fn entry(&mut self, keys: &[(&str, &[&str])], place: Place) -> String {
        let (key, values) = keys[self.index(keys.len())];
        match self.index(12) {
            _ if self.careful => format!("{key} {}", self.one_of(values)),
            0..=8 => format!("{key} {}", self.one_of(values)),
            9 => format!("{key} {}", self.wrong_value()),
            10 => format!("{} {}", self.one_of(&ODD_KEYS), self.wrong_value()),
            _ => {
                let others = match place {
                    Place::Type => FIELD_KEYS,
                    Place::Field | Place::Variant => TYPE_KEYS,
                };
                let (key, values) = others[self.index(others.len())];
                format!("{key} {}", self.one_of(values))
            }
        }
    }

    fn wrong_value(&mut self) -> String {
        match self.index(8) {
            0..=3 => self.one_of(&ODD_VALUES).to_owned(),
            4 => format!("= {}", self.ty()),
            5 => format!("= {:?}", self.ty()),
            6 => format!("= {:?}", self.text()),
            _ => format!("({} = {:?})", self.one_of(&["serialize", "deserialize", "both"]), self.text()),
        }
    }

    fn generics(&mut self) -> String {
        let parameters = self.several(4, ", ", |it| it.one_of(&PARAMETERS).to_owned());
        if parameters.is_empty() { String::new() } else { format!("<{parameters}>") }
    }

    fn ty(&mut self) -> String {
        let simple = self.index(3) < 2;
        if simple || self.depth > 3 {
            return self.one_of(&TYPES).to_owned();
        }
        self.depth += 1;
        let ty = match self.index(9) {
            0 => format!("Option<{}>", self.ty()),
            1 => format!("Vec<{}>", self.ty()),
            2 => format!("&'a {}", self.ty()),
            3 => format!("[{}; N]", self.ty()),
            4 => format!("({}, {})", self.ty(), self.ty()),
            5 => format!("ungrouped({})", self.ty()),
            6 => format!("Box<dyn for<'x> Fn({}) -> {} + 'a>", self.ty(), self.ty()),
            7 => format!("<{} as Iterator>::Item", self.ty()),
            _ => format!("Database<{}, Out = {}>", self.ty(), self.ty()),
        };
        self.depth -= 1;
        ty
    }

    fn name(&mut self) -> String {
        if self.index(4) < 3 {
            return self.one_of(&NAMES).to_owned();
        }
        let raw = self.one_of(&["", "", "r#"]);
        let letters = self.several(5, "", |it| it.one_of(&LETTERS).to_owned());
        format!("{raw}a{letters}")
    }

    fn text(&mut self) -> String {
        self.several(5, "", |it| match it.index(3) {
            0 => it.one_of(&LETTERS).to_owned(),
            _ => it.choices.arbitrary::<char>().unwrap_or_default().to_string(),
        })
    }

    fn several(
        &mut self,
        at_most: usize,
        separator: &str,
        mut each: impl FnMut(&mut Self) -> String,
    ) -> String {
        let count = self.index(at_most + 1);
        let all: Vec<_> = (0..count).map(|_| each(self)).collect();
        all.join(separator)
    }

    /// The first in seven of eight cases.
    fn mostly<'t>(&mut self, usual: &'t str, others: &[&'t str]) -> &'t str {
        if self.index(8) < 7 { usual } else { self.one_of(others) }
    }

    fn one_of<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.index(texts.len())]
    }

    fn index(&mut self, length: usize) -> usize {
        self.choices.choose_index(length).unwrap_or_default()
    }
}

impl Place {
    fn versioned(self) -> &'static [(&'static str, &'static [&'static str])] {
        match self {
            Self::Type => TYPE_KEYS,
            Self::Field | Self::Variant => FIELD_KEYS,
        }
    }

    fn serde(self) -> &'static [(&'static str, &'static [&'static str])] {
        match self {
            Self::Type => SERDE_TYPE_KEYS,
            Self::Field => SERDE_FIELD_KEYS,
            Self::Variant => SERDE_VARIANT_KEYS,
        }
    }
}

/// Each key of `#[versioned(...)]` on a type, with values that it takes.
const TYPE_KEYS: &[(&str, &[&str])] = &[
    ("store", &["= Database", "= my::Store<Key, fn(u8) -> u8>", "= \"Database\"", "= ungrouped(Database)"]),
    ("collection", &["= \"assets\"", "= r#\"a\"b\"#", "= \"\\u{1f600}\\0\""]),
    ("authorize", &["= Owners", "= \"Owners\""]),
    ("key", &["= Uuid", "= ()", "= (Tenant, Uuid)", "= (Uuid,)", "= \"()\""]),
    ("epoch", &["= 2", "= 0xff_u64", "= 18446744073709551615", "= ungrouped(2)"]),
    ("if_match", &["= \"optional\"", "= \"report\"", "= \"required\""]),
    ("wildcard", &["= \"refuse\"", "= \"overwrite\""]),
    ("replay", &["= \"accept\"", "= \"refuse\""]),
    ("tolerate", &["= \"intermediaries\"", "= \"nothing\""]),
    ("collection_tag", &["", "= true"]),
    ("cache_control", &["= \"no-store\"", "= \"public, max-age=60\""]),
    ("vary", &["= \"Accept-Language\"", "= \"Accept, Origin\""]),
    ("query", &["= \"etag\"", "= \"a&b\""]),
    ("embed", &["= \"etag\"", "= \"id\"", "= \"\\\"\\\\\\u{1f}\"", "= \"\\u{e000}\""]),
    ("create", &["= \"put\"", "= \"put, ignore-if-match\""]),
    ("keyed", &[""]),
    (
        "bound",
        &["= \"T: Versioned\"", "= \"\"", "= \"Vec<T>: A + B, 'a: 'b, for<'x> F: Fn(&'x T),\"", "= \"T:\""],
    ),
    ("crate", &["= \"my_etag\"", "= \"::a::r#b\"", "= \"crate\"", "= \"self\""]),
];

/// Each key of `#[versioned(...)]` on a field.
const FIELD_KEYS: &[(&str, &[&str])] = &[
    ("id", &["", "= \"asset_id\""]),
    ("revision", &[""]),
    ("modified", &[""]),
    ("variant", &[""]),
    ("skip", &[""]),
    ("serde", &[""]),
];

const SERDE_TYPE_KEYS: &[(&str, &[&str])] = &[
    ("rename_all", RULES),
    ("rename_all", &["(serialize = \"PascalCase\")", "(deserialize = \"x\")", "()"]),
    ("transparent", &[""]),
    ("untagged", &[""]),
    ("tag", &["= \"type\"", "= \"id\""]),
    ("content", &["= \"content\"", "= \"type\""]),
    ("rename_all_fields", RULES),
    ("rename", &["= \"Other\""]),
    ("deny_unknown_fields", &[""]),
    ("into", &["= \"u8\""]),
    ("remote", &["= \"other::Duration\""]),
    ("from", &["= \"u8\""]),
    ("default", &[""]),
];

const SERDE_FIELD_KEYS: &[(&str, &[&str])] = &[
    (
        "rename",
        &[
            "= \"é\"",
            "= \"\\u{e000}\"",
            "= \"\\u{1f600}\"",
            "= \"etag\"",
            "= \"items\"",
            "= \"\"",
            "(serialize = \"x\", deserialize = \"y\")",
            "()",
        ],
    ),
    ("skip", &[""]),
    ("skip_serializing", &[""]),
    ("skip_serializing_if", &["= \"Option::is_none\"", "= \"<T as Default>::is::<'a, 1>\"", "= \"r#try\""]),
    ("flatten", &[""]),
    ("with", &["= \"module\""]),
    ("serialize_with", &["= \"f\""]),
    ("alias", &["= \"x\""]),
    ("default", &["", "= \"f\""]),
    ("borrow", &[""]),
];

const SERDE_VARIANT_KEYS: &[(&str, &[&str])] = &[
    ("rename", &["= \"é\"", "= \"active\"", "= \"\"", "(serialize = \"x\")"]),
    ("rename_all", RULES),
    ("skip", &[""]),
    ("skip_serializing", &[""]),
    ("untagged", &[""]),
    ("other", &[""]),
    ("with", &["= \"module\""]),
    ("alias", &["= \"x\""]),
];

const RULES: &[&str] = &[
    "= \"camelCase\"",
    "= \"lowercase\"",
    "= \"UPPERCASE\"",
    "= \"PascalCase\"",
    "= \"snake_case\"",
    "= \"SCREAMING_SNAKE_CASE\"",
    "= \"kebab-case\"",
    "= \"SCREAMING-KEBAB-CASE\"",
    "= \"none\"",
];

const ODD_KEYS: [&str; 11] =
    ["revison", "r#id", "Id", "\"id\"", "7", "a::b", "id!", "'a", "(id)", "_", "ungrouped(id)"];

const ODD_VALUES: [&str; 34] = [
    "",
    "=",
    "= \"\"",
    "= 5",
    "= -5",
    "= 2u8",
    "= 99999999999999999999999",
    "= 1.5e3",
    "= true",
    "= 'c'",
    "= b\"x\"",
    "= c\"x\"",
    "= r##\"x\"#\"##",
    "= \"x\"suffix",
    "= \"a\" \"b\"",
    "= ungrouped(\"x\")",
    "= ungrouped()",
    "= r#type",
    "= <",
    "= >",
    "= Vec<",
    "= a > , b",
    "= |a| a",
    "= { a, b }",
    "= {}",
    "= concat!(\"a\", \"b\")",
    "= \"((\"",
    "= \"'\"",
    "= \"//\"",
    "()",
    "(x)",
    "[x, y]",
    "{ a = \"b\" }",
    ": x",
];

const OTHER_ATTRIBUTES: [&str; 14] = [
    "#[repr(C, packed)]",
    "#[repr(packed(2))]",
    "#[repr = \"packed\"]",
    "#[versioned]",
    "#[versioned()]",
    "#[versioned = \"id\"]",
    "#[versioned[id]]",
    "#[versioned{id}]",
    "#[versioned::id]",
    "#[serde]",
    "#[serde = 1]",
    "#[deprecated]",
    "/// A `doc` with \"quotes\"\n",
    "#[cfg_attr(all(), versioned(id))]",
];

const VISIBILITIES: [&str; 4] = ["", "pub", "pub(crate)", "pub(in super::a)"];

const NAMES: [&str; 31] = [
    "id",
    "Article",
    "title",
    "items",
    "etag",
    "A",
    "B",
    "it",
    "It",
    "D",
    "D2",
    "r#type",
    "r#gen",
    "Gen",
    "Type",
    "r#match",
    "_id",
    "__",
    "_",
    "Self",
    "HTMLPage",
    "updated_at",
    "Ärger",
    "é",
    "İ",
    "ΑΣ",
    "ſ",
    "Crate",
    "Super",
    "union",
    "Try",
];

const LETTERS: [&str; 17] =
    ["a", "B", "_", "1", "é", "Ä", "ß", "ſ", "İ", "Σ", "ǅ", "ﬁ", "中", "\u{307}", "𝒜", "I", "__"];

const TYPES: [&str; 27] = [
    "u64",
    "String",
    "Uuid",
    "Timestamp",
    "T",
    "T::Item",
    "<T as Iterator>::Item",
    "U",
    "PhantomData<T>",
    "()",
    "&'static str",
    "[u8; 4]",
    "[u8]",
    "Self",
    "self::r#D",
    "::a::B<'a, { 1 }, -1>",
    "!",
    "_",
    "*const T",
    "fn(T, ...) -> !",
    "unsafe extern \"C\" fn(a: u8)",
    "impl Fn(T)",
    "dyn A + 'a",
    "vec![T]",
    "(T)",
    "D",
    "ungrouped()",
];

const PARAMETERS: [&str; 13] = [
    "T",
    "U: Clone + 'a = u8",
    "'a",
    "'b: 'a",
    "const N: usize",
    "const it: usize = 3",
    "const M: bool = { true }",
    "D",
    "D2: ?Sized",
    "r#type",
    "#[cfg(all())] V",
    "article",
    "F: for<'x> Fn(&'x T) -> T::Item",
];

const WHERE: [&str; 8] = [
    "",
    "where",
    "where T: Clone",
    "where T:, U: ?Sized,",
    "where for<'x> F: Fn(&'x T)",
    "where 'a: 'b",
    "where Vec<T>: Versioned, T: ::etag_core::Versioned",
    "where [(); N]:,",
];
