//! Bulks that overtake one another: what a request read is compared again where it is written.

use std::time::Duration;

use futures_util::future::{join, join_all};
use http::Method;
use http::header::IF_MATCH;
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::bulk::{BOTH, Shelf, TWO, path, tagged, valued};
use crate::{Answer, answer, assert_problem};

/// Sends requests that all read before any of them writes, and may find one asset deleted when they do.
async fn race(
    shelf: &Shelf,
    deleted: Option<&Value>,
    requests: impl Iterator<Item = RequestBuilder>,
) -> Vec<Answer> {
    let mut file = shelf.open().await;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut file).await.unwrap();
    let unlock = async {
        // Nobody can see that a request has read and waits for the lock. If this is too short for one of them, it
        // meets what the others wrote a little earlier, and is answered the same.
        tokio::time::sleep(Duration::from_millis(300)).await;
        let delete =
            sqlx::query("UPDATE etag_rows SET deleted = TRUE WHERE collection = 'assets' AND key = ?");
        delete.bind(deleted.and_then(|item| item["id"].as_str())).execute(&mut file).await.unwrap();
        sqlx::query("COMMIT").execute(&mut file).await.unwrap();
    };
    join(join_all(requests.map(answer)), unlock).await.0
}

/// Asserts that one bulk was written, and that the list is what that one made of it; gives the others' answers.
async fn assert_one_won(
    shelf: &Shelf,
    before: &Answer,
    requests: impl Iterator<Item = RequestBuilder>,
) -> Vec<Answer> {
    let answers = race(shelf, None, requests).await;
    let (written, refused): (Vec<Answer>, Vec<Answer>) =
        answers.into_iter().partition(|answer| answer.status == 200);
    refused.iter().for_each(|refused| drop(assert_problem(refused, 412, "precondition-failed")));
    assert_eq!(written.len(), 1);
    let after = tagged(&shelf.list().await);
    for (before, after) in tagged(before).iter().zip(after) {
        let changed = tagged(&written[0]).into_iter().find(|item| item["id"] == before["id"]);
        assert_eq!(after, changed.unwrap_or_else(|| before.clone()));
    }
    refused
}

#[tokio::test]
async fn of_bulks_that_name_the_same_state_of_a_list_one_is_written() {
    let shelf = Shelf::new().await;
    // Each value is a new one: what changes nothing would be written beside the winner.
    for (method, first) in BOTH.into_iter().zip([100, 200]) {
        let listed = shelf.list().await;
        let requests = (first..first + 12).map(|number| {
            let items = valued(&listed, f64::from(number));
            shelf.bulk(&method, &items).header(IF_MATCH, listed.etag())
        });
        let refused = assert_one_won(&shelf, &listed, requests).await;
        let current = shelf.list().await.etag();
        assert!(refused.iter().all(|refused| refused.etag() == current), "{refused:?}");
    }
}

#[tokio::test]
async fn of_bulks_that_name_the_same_state_of_an_item_one_is_written() {
    let shelf = Shelf::new().await;
    // Any two of them have an item in common.
    let orders: [&[usize]; 6] = [&[0, 1], &[1, 0], &[1, 2], &[2, 1], &[2, 0], &[0, 1, 2]];
    for (method, first) in BOTH.into_iter().zip([100, 200]) {
        let listed = shelf.list().await;
        let all = tagged(&listed);
        let requests = (0..12).map(|number| {
            let mut items: Vec<Value> = orders[number % 6].iter().map(|&at| all[at].clone()).collect();
            items.iter_mut().for_each(|item| item["value"] = json!(first + number));
            shelf.bulk(&method, &items)
        });
        assert_one_won(&shelf, &listed, requests).await;
    }
}

/// Checklist 44, 87, 97.
#[tokio::test]
async fn a_bulk_that_loses_its_last_item_to_somebody_else_leaves_nothing_of_the_others() {
    let shelf = Shelf::new().await;
    let listed = shelf.list().await;
    // Items are written in the order of their ids.
    let last = (0..3).max_by_key(|&at| path(&listed.json()[at])).unwrap();
    let item = &listed.json()[last];
    let mut with_tags = tagged(&listed);
    with_tags.iter_mut().for_each(|item| item["value"] = json!(9.5));
    let without = valued(&listed, 9.5);
    let tag = listed.etag();
    let (failed, places) = ((412, "precondition-failed"), json!([last]));
    let cases = [
        (Method::PUT, &without, Some(&*tag), failed, &places),
        (Method::PUT, &with_tags, None, failed, &places),
        (Method::PUT, &with_tags, Some("*"), failed, &places),
        (Method::PUT, &without, Some("*"), (409, "conflict"), &Value::Null),
        (Method::PATCH, &without, Some(&*tag), failed, &places),
        (Method::PATCH, &with_tags, None, failed, &places),
        // Applied again to what is there, as if it had come later.
        (Method::PATCH, &without, Some("*"), (422, "invalid-member"), &Value::Null),
    ];
    for (method, items, if_match, (status, kind), places) in cases {
        let mut before = shelf.rows().await;
        let request = shelf.bulk(&method, items);
        let request = if_match.into_iter().fold(request, |request, tag| request.header(IF_MATCH, tag));
        let refused = race(&shelf, Some(item), std::iter::once(request)).await.remove(0);
        assert_eq!(&assert_problem(&refused, status, kind)["items"], places);
        let mut after = shelf.rows().await;
        assert_ne!(before.remove(&path(item)), after.remove(&path(item)));
        assert!(after == before, "{method} {if_match:?}: something was written");
        let restore = "UPDATE etag_rows SET deleted = FALSE WHERE collection = 'assets'";
        sqlx::query(restore).execute(&mut shelf.open().await).await.unwrap();
        assert_eq!(shelf.list().await.representation(), listed.representation());
    }
}

#[tokio::test]
async fn bulks_that_overwrite_what_exists_are_written_one_after_the_other_in_any_order_of_their_items() {
    let shelf = Shelf::new().await;
    let listed = shelf.list().await;
    let requests = (100_u8..124).map(|number| {
        let mut items = valued(&listed, f64::from(number));
        items.rotate_left(usize::from(number % 3));
        if number % 2 == 0 {
            items.reverse();
        }
        shelf.bulk(&Method::PUT, &items).header(IF_MATCH, "*")
    });
    for written in race(&shelf, None, requests).await {
        assert_eq!(written.status, 200, "{}", String::from_utf8_lossy(&written.body));
    }
    let values: Vec<Value> = tagged(&shelf.list().await).iter().map(|item| item["value"].clone()).collect();
    assert!(values[0].as_f64() >= Some(100.0), "{values:?}");
    assert!(values.iter().all(|value| *value == values[0]), "{values:?}");
}

#[tokio::test]
async fn patches_of_what_exists_are_applied_to_what_others_made_of_it() {
    let shelf = Shelf::new().await;
    // Each of four can be overtaken three times at most, which is less often than patches are applied.
    let patches = [
        ("value", json!(77.5)),
        ("status", json!("maintenance")),
        ("serialNumber", json!("S-2")),
        ("tags", json!(["x"])),
    ];
    let listed = shelf.list().await;
    let requests = patches.iter().map(|(member, value)| {
        let items: Vec<Value> =
            tagged(&listed).iter().map(|item| json!({"id": item["id"], *member: value})).collect();
        shelf.bulk(&Method::PATCH, &items).header(IF_MATCH, "*")
    });
    for written in race(&shelf, None, requests).await {
        assert_eq!(written.status, 200, "{}", String::from_utf8_lossy(&written.body));
    }
    for item in tagged(&shelf.list().await) {
        for (member, value) in &patches {
            assert_eq!(item[member], *value, "{item}");
        }
    }
}

/// Checklist 44.
#[tokio::test]
async fn of_posts_that_enter_the_list_whose_state_they_name_one_is_written() {
    let shelf = Shelf::new().await;
    let tag = shelf.service.get(TWO).await.etag();
    for name in ["zz", "yy"] {
        assert_eq!(answer(shelf.post("/assets", name)).await.status, 201);
    }
    let posts = (0..12).map(|number| shelf.post(TWO, &format!("a{number}")).header(IF_MATCH, &tag));
    let answers = race(&shelf, None, posts).await;
    let (created, refused): (Vec<&Answer>, Vec<&Answer>) =
        answers.iter().partition(|answer| answer.status == 201);
    assert_eq!(created.len(), 1);
    let current = shelf.service.get(TWO).await;
    assert_eq!(current.json()[0], created[0].json());
    for refused in refused {
        assert_problem(refused, 412, "precondition-failed");
        assert_eq!(refused.etag(), current.etag());
    }
    assert_eq!(tagged(&shelf.list().await).len(), 6);
}
