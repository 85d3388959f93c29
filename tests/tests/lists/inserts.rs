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
