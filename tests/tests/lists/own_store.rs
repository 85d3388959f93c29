//! A store and a query of the user's own.

use super::*;

/// A resource in a store of the user's own, and its query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Versioned)]
#[versioned(store = Shelf, embed = "etag")]
struct Book {
    #[versioned(id)]
    title: String,
    pages: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AtLeast {
    pages: u64,
}

#[derive(Clone, Default)]
struct Shelf {
    books: Arc<Mutex<BTreeMap<String, Book>>>,
    /// Whether it leaves out a value that it gives the version of.
    is_broken: Arc<AtomicBool>,
}

impl Store<Book> for Shelf {
    type Error = Problem;

    async fn version(&self, key: &String) -> Result<Option<Version>, Problem> {
        Ok(self.load(key).await?.map(|(_, version)| version))
    }

    async fn load(&self, key: &String) -> Result<Option<(Book, Version)>, Problem> {
        let found = self.books.lock().unwrap().get(key).cloned();
        found.map(|book| Ok((book.clone(), StateTag::of(&book)?.into()))).transpose()
    }

    async fn replace(&self, _: Matched<Book>, _: Book) -> Result<Written<Book>, Problem> {
        Ok(Written::Stale(None))
    }

    async fn remove(&self, _: Matched<Book>) -> Result<Removed, Problem> {
        Ok(Removed::Stale(None))
    }
}

impl Select<Book, AtLeast> for Shelf {
    async fn select(&self, within: &[String], query: &AtLeast) -> Result<Selected<Book>, Problem> {
        Ok(self.load_selected(within, query).await?.1)
    }

    async fn load_selected(
        &self,
        _: &[String],
        query: &AtLeast,
    ) -> Result<(Vec<Book>, Selected<Book>), Problem> {
        let books = self.books.lock().unwrap();
        let mut books: Vec<Book> = books.values().filter(|book| book.pages >= query.pages).cloned().collect();
        let version = |book: &Book| Ok((book.title.clone(), StateTag::of(book)?.into()));
        let items: Vec<_> = books.iter().map(version).collect::<Result<_, Problem>>()?;
        if self.is_broken.load(atomic::Ordering::SeqCst) {
            books.pop();
        }
        let total = items.len() as u64;
        Ok((books, Selected::new(items, total)))
    }
}

async fn books(list: FreshList<Book, AtLeast>) -> Tagged<Vec<Book>> {
    assert_eq!(list.len() as u64, list.selected().total());
    assert!(list.iter().all(|book| book.pages >= list.query().pages));
    list.into()
}

#[tokio::test]
async fn a_store_and_a_query_of_the_users_own_make_a_list() {
    let shelf = Shelf::default();
    let add = |title: &str, pages| {
        let book = Book { title: title.to_owned(), pages };
        shelf.books.lock().unwrap().insert(title.to_owned(), book);
    };
    add("long", 900);
    add("short", 90);
    let other = async |list: FreshList<Book, AtLeast, Shelf>| {
        let (books, selected) = list.into_parts();
        format!("{} of {}", books.len(), selected.total())
    };
    let router =
        Router::new().route("/books", get(books)).route("/count", get(other)).with_state(shelf.clone());
    let list = show(&router, "/books?pages=100").await;
    let own = Representation::of(&shelf.books.lock().unwrap()["long"]).unwrap();
    assert_eq!(list.body, [b"[", own.body(), b"]"].concat());
    assert_eq!((list.header("x-total-count"), list.header("link")), ("1", ""));
    let line = format!("[\"long\"] {}\n", own.version().state);
    assert_eq!(list.header("etag"), format!("\"{}\"", sha_256(&line)));
    add("shorter", 80);
    assert_eq!(show_if(&router, "/books?pages=100", list.header("etag")).await.status, 304);
    add("longer", 1000);
    assert_eq!(show_if(&router, "/books?pages=100", list.header("etag")).await.status, 200);
    assert_eq!(show(&router, "/count?pages=100").await.text(), "2 of 2");
    for query in ["", "?pages=many", "?pages=1&colour=red"] {
        let refused = call(&router, "GET", &format!("/books{query}"), &[("if-none-match", "*")], "").await;
        assert_eq!((refused.status, refused.header("content-type")), (400, "application/problem+json"));
    }
    shelf.is_broken.store(true, atomic::Ordering::SeqCst);
    let broken = call(&router, "GET", "/books?pages=0", &[], "").await;
    assert_eq!(
        (broken.status, broken.header("etag")),
        (500, ""),
        "values and versions must be the same items"
    );
}
