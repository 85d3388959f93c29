//! What a selection has, and in which order.

use super::*;

/// A member of each kind that a list can be selected by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Versioned)]
#[serde(rename_all = "camelCase")]
#[versioned(store = Database, collection = "wells")]
struct Well {
    #[versioned(id)]
    id: String,
    title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nick_name: Option<String>,
    count: i64,
    litres: f64,
    depth: Option<f64>,
    ready: bool,
    sealed: Option<bool>,
    status: Status,
    seen: Timestamp,
    checked: Option<Timestamp>,
    #[versioned(serde)]
    any: Any,
    #[versioned(modified)]
    modified: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Versioned)]
#[serde(rename_all = "kebab-case")]
enum Status {
    Dry,
    InUse,
    Abandoned,
}

/// A scalar whose kind the description does not tell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Any {
    Nothing,
    Boolean(bool),
    Integer(i64),
    Real(f64),
    Text(String),
    List(Vec<u8>),
}

/// What stands in one order: nothing, numbers, texts.
#[derive(Debug, Clone, PartialEq)]
enum Cell {
    Nothing,
    /// The whole part, and the rest.
    Number(i128, f64),
    Text(String),
}

impl Cell {
    fn integer(integer: impl Into<i128>) -> Self {
        Self::Number(integer.into(), 0.0)
    }

    /// Doubles beyond what `i128` holds are not generated.
    fn real(real: f64) -> Self {
        Self::Number(real.trunc() as i128, real.fract())
    }

    fn text(text: impl ToString) -> Self {
        Self::Text(text.to_string())
    }

    fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a, a_rest), Self::Number(b, b_rest)) => {
                a.cmp(b).then(a_rest.partial_cmp(b_rest).unwrap())
            }
            (Self::Text(a), Self::Text(b)) => a.chars().cmp(b.chars()),
            (a, b) => a.rank().cmp(&b.rank()),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Nothing => 0,
            Self::Number(..) => 1,
            Self::Text(_) => 2,
        }
    }
}

const MEMBERS: [&str; 13] = [
    "id", "title", "nickName", "count", "litres", "depth", "ready", "sealed", "status", "seen", "checked",
    "any", "modified",
];

impl Well {
    fn cell(&self, member: &str) -> Cell {
        let time = |time: Timestamp| Cell::integer(time.as_microseconds());
        match member {
            "id" => Cell::text(&self.id),
            "title" => Cell::text(&self.title),
            "nickName" => self.nick_name.as_ref().map_or(Cell::Nothing, Cell::text),
            "count" => Cell::integer(self.count),
            "litres" => Cell::real(self.litres),
            "depth" => self.depth.map_or(Cell::Nothing, Cell::real),
            "ready" => Cell::text(self.ready),
            "sealed" => self.sealed.map_or(Cell::Nothing, Cell::text),
            "status" => Cell::text(match self.status {
                Status::Dry => "dry",
                Status::InUse => "in-use",
                Status::Abandoned => "abandoned",
            }),
            "seen" => time(self.seen),
            "checked" => self.checked.map_or(Cell::Nothing, time),
            "any" => match &self.any {
                Any::Nothing | Any::List(_) => Cell::Nothing,
                Any::Boolean(boolean) => Cell::text(boolean),
                Any::Integer(integer) => Cell::integer(*integer),
                Any::Real(real) => Cell::real(*real),
                Any::Text(text) => Cell::text(text),
            },
            "modified" => time(self.modified),
            other => panic!("no member `{other}`"),
        }
    }

    /// The texts of a query string that mean what the well has; none for what is `null` or absent.
    fn texts(&self, member: &str) -> Vec<String> {
        match (member, &self.any) {
            ("litres", _) => real_texts(self.litres),
            ("depth", _) => self.depth.map(real_texts).unwrap_or_default(),
            ("any", Any::Real(real)) => real_texts(*real),
            _ => match self.cell(member) {
                Cell::Nothing => vec![],
                Cell::Text(text) => vec![text],
                Cell::Number(micros, _) if ["seen", "checked", "modified"].contains(&member) => {
                    vec![Timestamp::from_microseconds(i64::try_from(micros).unwrap()).to_string()]
                }
                Cell::Number(whole, _) => vec![whole.to_string()],
            },
        }
    }
}

/// A double in several notations. Beyond 2^53, where not every whole number is a double, they are another test's.
fn real_texts(real: f64) -> Vec<String> {
    if real.abs() < 2_f64.powi(53) {
        vec![format!("{}", real + 0.0), format!("{real:e}"), format!("{real:.400}")]
    } else if real.abs() < 2_f64.powi(63) {
        vec![format!("{real}")]
    } else {
        vec![format!("{real:e}")]
    }
}

/// A filter, and what equals it: where the kind is not told, a text that could be a number is one as well.
#[derive(Debug, Clone)]
struct Filter {
    member: &'static str,
    text: String,
    cells: Vec<Cell>,
}

impl Filter {
    fn of(well: &Well, member: &'static str, form: Index) -> Option<Self> {
        let texts = well.texts(member);
        let text = texts.get(form.index(texts.len().max(1)))?.clone();
        let mut cells = vec![well.cell(member)];
        if member == "any" {
            let integer = serde_json::from_str(&text).ok().map(|integer: i64| Cell::integer(integer));
            let real = serde_json::from_str(&text).ok().map(Cell::real);
            cells = vec![Cell::text(&text)];
            cells.extend(integer.or(real));
        }
        Some(Self { member, text, cells })
    }

    fn admits(&self, well: &Well) -> bool {
        self.cells.iter().any(|cell| cell.order(&well.cell(self.member)).is_eq())
    }
}

/// A selection, before it is known what its filters name.
#[derive(Debug, Clone)]
struct Draft {
    filters: Vec<(&'static str, Index, Index)>,
    sort: Vec<(&'static str, bool)>,
    limit: Option<u64>,
    offset: Option<u64>,
}

impl Draft {
    fn filters(&self, wells: &[Well]) -> Vec<Filter> {
        let wells = |index: &Index| wells.get(index.index(wells.len().max(1)));
        let filters = self.filters.iter();
        filters.filter_map(|(member, index, form)| Filter::of(wells(index)?, member, *form)).collect()
    }

    /// The query string.
    fn query(&self, filters: &[Filter]) -> String {
        let mut url = Url::parse("http://localhost/").unwrap();
        let mut pairs = url.query_pairs_mut();
        pairs.extend_pairs(filters.iter().map(|filter| (filter.member, &filter.text)));
        pairs.extend_pairs(self.limit.map(|limit| ("limit", limit.to_string())));
        pairs.extend_pairs(self.offset.map(|offset| ("offset", offset.to_string())));
        let names = self.sort.iter().map(|(member, descends)| match descends {
            true => format!("-{member}"),
            false => (*member).to_owned(),
        });
        let names: Vec<String> = names.collect();
        pairs.extend_pairs((!names.is_empty()).then(|| ("sort", names.join(","))));
        drop(pairs);
        url.query().unwrap_or_default().to_owned()
    }

    /// The page that the selection is, and how many there are on all pages.
    fn oracle(&self, filters: &[Filter], wells: &[Well]) -> (Vec<Well>, u64) {
        let is_wanted = |well: &&Well| filters.iter().all(|filter| filter.admits(well));
        let mut wanted: Vec<Well> = wells.iter().filter(is_wanted).cloned().collect();
        let total = wanted.len() as u64;
        wanted.sort_by(|a, b| {
            let by_members = self.sort.iter().map(|(member, descends)| {
                let order = a.cell(member).order(&b.cell(member));
                if *descends { order.reverse() } else { order }
            });
            let order = by_members.fold(Ordering::Equal, Ordering::then);
            order.then_with(|| a.id.chars().cmp(b.id.chars()))
        });
        let (limit, offset) = (self.limit.unwrap_or(50).min(500), self.offset.unwrap_or(0));
        let page = wanted.into_iter().skip(offset as usize).take(limit as usize);
        (page.collect(), total)
    }
}

fn text() -> impl Strategy<Value = String> {
    let odd = [
        "",
        "a",
        "A",
        "aa",
        "\u{e9}",
        "e\u{301}",
        "\u{1f600}",
        "\u{fb33}",
        "\"",
        "'",
        "' OR 1=1 --",
        "%",
        "_",
        "\\",
        "\n",
        "null",
        "true",
        "10",
        "9",
        "9.0",
        "1e1",
        "-1.5",
        "\u{7f}",
        " a",
        "a ",
        "?1",
        "&a=b",
        "+",
        "a\u{0}b",
        "\u{0}",
        "/",
    ];
    prop_oneof![3 => select(odd.to_vec()).prop_map(str::to_owned), 1 => any::<String>()]
}

fn integer() -> impl Strategy<Value = i64> {
    let odd =
        vec![0, 1, -1, 9, 10, i64::MAX, i64::MIN, (1 << 53) + 1, 1 << 53, (1 << 53) - 1, -(1 << 53) - 1];
    prop_oneof![select(odd), -5..5_i64, any::<i64>()]
}

/// What is nearer to nothing, or farther from it, is another test's.
fn real() -> impl Strategy<Value = f64> {
    let odd = vec![
        0.1,
        0.5,
        1.0,
        1.5,
        -1.5,
        9.0,
        10.0,
        1e21,
        -1e21,
        1e30,
        1e-30,
        -1e-30,
        2_f64.powi(53),
        2_f64.powi(63),
    ];
    let reals = prop_oneof![select(odd), (-1e3..1e3), (-1e20..1e20)];
    let near = (reals, 0..3_u8).prop_map(|(real, neighbour)| match neighbour {
        0 => real,
        1 => real.next_up(),
        _ => real.next_down(),
    });
    prop_oneof![4 => near, 1 => select(vec![0.0, -0.0, 5e-324, -5e-324])]
}

fn time() -> impl Strategy<Value = Timestamp> {
    // The last microsecond of the year -9999, and the first of the last day of 9999.
    const RANGE: std::ops::Range<i64> = -377_705_023_201_000_000..253_402_207_200_000_000;
    let odd = vec![0, 1, -1, 1_000_000, RANGE.start, RANGE.end, 1_772_366_400_250_000];
    prop_oneof![select(odd), RANGE, 0..3_i64].prop_map(Timestamp::from_microseconds)
}

fn any_scalar() -> impl Strategy<Value = Any> {
    prop_oneof![
        Just(Any::Nothing),
        any::<bool>().prop_map(Any::Boolean),
        (-5..5_i64).prop_map(Any::Integer),
        real().prop_map(Any::Real),
        text().prop_map(Any::Text),
        Just(Any::List(vec![1])),
    ]
}

fn well() -> impl Strategy<Value = Well> {
    let texts = (text(), option::of(text()));
    let numbers = (integer(), real(), option::of(real()));
    let choices = (
        any::<bool>(),
        option::of(any::<bool>()),
        select(vec![Status::Dry, Status::InUse, Status::Abandoned]),
    );
    let times = (time(), option::of(time()));
    (texts, numbers, choices, times, any_scalar()).prop_map(|(texts, numbers, choices, times, any)| Well {
        id: String::new(),
        title: texts.0,
        nick_name: texts.1,
        count: numbers.0,
        litres: numbers.1,
        depth: numbers.2,
        ready: choices.0,
        sealed: choices.1,
        status: choices.2,
        seen: times.0,
        checked: times.1,
        any,
        modified: Timestamp::now(),
    })
}

/// Wells with keys of their own; a `/`, a `%`, a NUL or a dot segment in a key is another test's.
fn wells() -> impl Strategy<Value = Vec<Well>> {
    let key = text().prop_map(|key| key.replace(['/', '%', '\0'], "-"));
    let key = key.prop_filter("a key", |key| !matches!(&**key, "" | "." | ".."));
    let named = |(id, well)| Well { id, ..well };
    btree_map(key, well(), 0..25).prop_map(move |wells| wells.into_iter().map(named).collect())
}

fn draft() -> impl Strategy<Value = Draft> {
    let filters =
        (subsequence(MEMBERS.to_vec(), 0..3), any::<[(Index, Index); 3]>()).prop_map(|(members, indices)| {
            members.into_iter().zip(indices).map(|(member, (index, form))| (member, index, form)).collect()
        });
    let sort = (subsequence(MEMBERS.to_vec(), 0..4).prop_shuffle(), any::<[bool; 4]>())
        .prop_map(|(members, descends)| members.into_iter().zip(descends).collect());
    let limit = option::of(prop_oneof![0..10_u64, Just(500), Just(u64::MAX)]);
    let offset = option::of(prop_oneof![0..10_u64, Just(u64::MAX)]);
    (filters, sort, limit, offset).prop_map(|(filters, sort, limit, offset)| Draft {
        filters,
        sort,
        limit,
        offset,
    })
}

/// What is selected is what the oracle says, with the versions that the values have.
async fn assert_selected(database: &Database, draft: &Draft, ghosts: &[Well]) {
    let stored = database.all::<Well>().await.unwrap();
    let filters = draft.filters(&[stored.as_slice(), ghosts].concat());
    let query = draft.query(&filters);
    let (expected, total) = draft.oracle(&filters, &stored);
    let selection = Selection::parse::<Well>(&query).unwrap_or_else(|error| panic!("{query}: {error}"));
    let (values, loaded) = database.load_selected(&[], &selection).await.unwrap();
    assert_eq!((values, loaded.total()), (expected.clone(), total), "{query}");
    let selected = Select::<Well, _>::select(database, &[], &selection).await.unwrap();
    assert_eq!((selected.items(), selected.total()), (loaded.items(), total), "{query}");
    assert_eq!((selected.state(), selected.validators()), (loaded.state(), loaded.validators()));
    let is_that_of = |((key, version), well): (&(String, Version), &Well)| {
        assert_eq!((key, version.state), (&well.id, StateTag::of(well).unwrap()));
        assert_eq!(version.modified.unwrap().time(), well.modified);
    };
    selected.items().iter().zip(&expected).for_each(is_that_of);
    assert_eq!(selected.items().len(), expected.len());
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 60, ..Default::default() })]

    #[test]
    fn a_selection_has_what_an_oracle_gives_on_each_database(
        wells in wells(), ghosts in vec(well(), 1), drafts in vec(draft(), 10),
    ) {
        Runtime::new().unwrap().block_on(async {
            for url in ["memory:", "sqlite::memory:"] {
                let database = Database::connect(url).await.unwrap();
                database.import(wells.clone(), Required::New, |_| {}).await.unwrap();
                for draft in &drafts {
                    assert_selected(&database, draft, &ghosts).await;
                }
            }
        });
    }
}
