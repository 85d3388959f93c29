//! What is created in a list in a required state.

use super::*;

#[tokio::test]
async fn what_is_inserted_needs_the_list_in_the_state_that_was_seen() {
    on_each_database(async |database| {
        import(&database, vec![note(1, "a"), note(2, "b")]).await;
        let selection = Selection::new().with_filter("text", "a").with_sort("-id");
        let seen: Selected<Note> = database.select(&[], &selection).await.unwrap();
        let insert = async |state: StateTag, new: Note| {
            let matched = Matched::unconditional(new.id);
            database.insert(&[], &selection, state, matched, new).await.unwrap()
        };
        // What does not join the list leaves it in its state.
        assert!(matches!(insert(seen.state(), note(3, "b")).await, Inserted::Written(Written::Created(..))));
        assert!(matches!(insert(seen.state(), note(4, "a")).await, Inserted::Written(Written::Created(..))));
        let now: Selected<Note> = database.select(&[], &selection).await.unwrap();
        assert_ne!(now.state(), seen.state());
        let Inserted::Stale(found, given_back) = insert(seen.state(), note(5, "a")).await else {
            panic!("the list has another state");
        };
        assert_eq!((found, given_back), (now.clone(), note(5, "a")));
        assert_eq!(database.get::<Note>(&5).await.unwrap(), None);
        let Inserted::Written(written) = insert(now.state(), note(4, "a")).await else {
            panic!("the list is in this state");
        };
        assert!(matches!(written, Written::Unchanged(..)), "{written:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_inserts_on_one_state_of_the_list_one_is_written() {
    on_each_database(async |database| {
        let selection = Selection::new();
        for round in 0..5 {
            let seen: Selected<Note> = database.select(&[], &selection).await.unwrap();
            let inserts: JoinSet<bool> = (0..8)
                .map(|number| {
                    let (database, state) = (database.clone(), seen.state());
                    async move {
                        let new = note(100 * round + number, "a");
                        let matched = Matched::unconditional(new.id);
                        let inserted = database.insert(&[], &Selection::new(), state, matched, new).await;
                        matches!(inserted.unwrap(), Inserted::Written(_))
                    }
                })
                .collect();
            let written = inserts.join_all().await;
            assert_eq!(written.iter().filter(|written| **written).count(), 1);
            assert_eq!(database.all::<Note>().await.unwrap().len() as u64, round + 1);
        }
    })
    .await;
}

/// Checklist 44, 51: the list may change between the guard and the write, to another state that is named.
#[tokio::test]
async fn a_list_may_come_to_another_state_that_the_conditions_hold_for() {
    on_each_database(async |database| {
        import(&database, vec![note(1, "a")]).await;
        let overtaken = async |State(database): State<Database>, new: Create<Note, InList>| {
            import(&database, vec![note(2, "b")]).await;
            new.save().await
        };
        let router = Router::new().route("/notes", routing::post(overtaken)).with_state(database.clone());
        let before: Selected<Note> = database.select(&[], &Selection::new()).await.unwrap();
        let tag = before.validators().etag.unwrap().to_string();
        let post = async |condition: (&str, &str), id: u64| {
            send(&router, "POST", "/notes", condition, &json!({"id": id, "text": "c"})).await
        };
        assert_eq!(post(("if-match", &tag), 3).await.status, 412);
        assert_eq!(post(("if-none-match", "\"other\""), 4).await.status, 201);
        assert_eq!(database.get::<Note>(&3).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn what_is_created_in_a_list_and_a_transaction_is_there_once_that_is_committed() {
    on_each_database(async |database| {
        import(&database, vec![note(1, "a")]).await;
        let create = async |State(database): State<Database>, new: Create<Note, InList>| {
            let mut transaction = database.transaction().await?;
            let second = Matched::unconditional(100 + *new.key());
            let _ = database.replace_in(&mut transaction, second, note(0, "beside")).await?;
            new.save_in(&mut transaction).await?.committed(transaction.commit().await)
        };
        let router = Router::new().route("/notes", routing::post(create)).with_state(database.clone());
        let list = async || {
            let selection = Selection::new().with_filter("text", "a");
            let selected: Selected<Note> = database.select(&[], &selection).await.unwrap();
            selected.validators().etag.unwrap().to_string()
        };
        let tag = list().await;
        let post = async |tag: &str, id: u64| {
            let body = json!({"id": id, "text": "a"});
            send(&router, "POST", "/notes?text=a", ("if-match", tag), &body).await.status
        };
        assert_eq!(post(&tag, 2).await, 201);
        assert_eq!(post(&tag, 3).await, 412);
        let ids: Vec<u64> = database.all::<Note>().await.unwrap().iter().map(|note| note.id).collect();
        assert_eq!(ids, [1, 102, 2], "of the second, nothing is there");
        assert_eq!(post(&list().await, 3).await, 201);
    })
    .await;
}
