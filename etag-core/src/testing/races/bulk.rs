use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::header::IF_MATCH;
use tokio::task::JoinHandle;

use super::Making;
use super::judge::{Round, Shows, is_same};
use super::report::{Line, Tally};
use super::run::{Attempt, Done, Run, Stop, told};
use crate::testing::conformance::exchange::Exchange;
use crate::testing::conformance::session::line as header;

/// A list that is changed as a whole.
#[derive(Clone)]
pub(super) struct Route {
    pub(super) path: String,
    /// The paths of the items.
    pub(super) items: Vec<String>,
    pub(super) write: Making,
}

pub(super) async fn line(run: &mut Run) -> Line {
    let mut tally = Tally::default();
    let ended = race(run, &mut tally).await;
    tally.line(
        "bulk",
        "of bulks and single writes that name one state, one is carried out, and as a whole",
        ended,
    )
}

async fn race(run: &mut Run, tally: &mut Tally) -> Result<(), Stop> {
    let route = told(&run.kit.bulk, "bulk")?;
    run.present().await?;
    let shows = run.shows(&route.path, &route.write).await?;
    let single = match run.kit.write.clone().filter(|_| route.items.contains(&run.kit.resource)) {
        Some(write) => Some((run.shows(&run.kit.resource.clone(), &write).await?, write)),
        None => None,
    };
    for _ in 0..run.kit.rounds {
        run.in_time()?;
        guarded_round(run, &route, shows, single.as_ref(), tally).await?;
        overwriting_round(run, &route, shows, tally).await?;
    }
    Ok(())
}

/// The list and its items at some time.
struct Seen {
    list: Exchange,
    items: Vec<Exchange>,
}

/// Bulks that name the tag of the list, and single writes that name the tag of one of its items.
async fn guarded_round(
    run: &mut Run,
    route: &Route,
    shows: Shows,
    single: Option<&(Shows, Making)>,
    tally: &mut Tally,
) -> Result<(), Stop> {
    let resource = run.kit.resource.clone();
    let (_, list) = run.tagged(&route.path).await?;
    let item = if single.is_some() { Some(run.tagged(&resource).await?.1) } else { None };
    let before = seen(run, route).await?;
    let attempts = (0..run.kit.clients)
        .map(|client| match (single, &item) {
            (Some((_, write)), Some(item)) if client % 3 == 1 => {
                Attempt::write(&resource, run.next(write), item.clone())
            }
            _ => Attempt::write(&route.path, run.next(&route.write), list.clone()),
        })
        .collect();
    let watch = Watch::start(run, &route.path);
    let done = run.race(attempts, tally).await;
    let watched = watch.end().await;
    let after = seen(run, route).await?;
    let names_item = |done: &&Exchange| item.as_ref().is_some_and(|item| done.sent[IF_MATCH] == item.1);
    let place = route.items.iter().position(|path| *path == resource);
    let won = done.exchanges.iter().filter(|done| done.status.is_success()).find(names_item);
    let round = match (single, place, won) {
        (Some((shows, _)), Some(place), Some(_)) => {
            Round { before: &before.items[place], done: &done, after: &after.items[place], shows: *shows }
        }
        _ => Round { before: &before.list, done: &done, after: &after.list, shows },
    };
    round.judge(tally);
    let winners = round.winners();
    if winners.len() < 2 && !done.is_unknown {
        let winner = winners.first().copied();
        judge_items(route, &before, &after, winner, place.filter(|_| won.is_some()), tally);
        judge_watched(&before, &watched, &after, tally);
    }
    Ok(())
}

/// While one write is carried out, the list is what it was, and then what it is.
fn judge_watched(before: &Seen, watched: &[Exchange], after: &Seen, tally: &mut Tally) {
    let is_whole = |seen: &&Exchange| is_same(seen, &before.list) || is_same(seen, &after.list);
    if let Some(half) = watched.iter().find(|seen| !is_whole(seen)) {
        let why = "a state of the list was shown that no write made";
        tally.finding(why, &[&before.list, half, &after.list]);
    }
}

/// A bulk changes each item, a single write the one at its place, and what is refused none.
fn judge_items(
    route: &Route,
    before: &Seen,
    after: &Seen,
    winner: Option<&Exchange>,
    single: Option<usize>,
    tally: &mut Tally,
) {
    let is_wrong = |place: &usize| {
        let is_written = winner.is_some() && single.is_none_or(|single| single == *place);
        is_same(&before.items[*place], &after.items[*place]) == is_written
    };
    let Some(wrong) = (0..route.items.len()).find(is_wrong) else {
        return;
    };
    let path = &route.items[wrong];
    let (before, after) = (&before.items[wrong], &after.items[wrong]);
    match winner {
        None => {
            let why = format!("half of a bulk: {path} changed, and no write was acknowledged");
            tally.finding(why, &[before, after]);
        }
        Some(winner) => {
            let why = format!("half of a bulk: {path} is not what the one write that was carried out leaves");
            tally.finding(why, &[winner, before, after]);
        }
    }
}

/// Bulks that overwrite whatever they find: the last one is shown, and nothing of the others.
async fn overwriting_round(
    run: &mut Run,
    route: &Route,
    shows: Shows,
    tally: &mut Tally,
) -> Result<(), Stop> {
    let before = run.look(&route.path).await?;
    let attempts = (0..run.kit.clients)
        .map(|_| Attempt::write(&route.path, run.next(&route.write), header(IF_MATCH, "*")))
        .collect();
    let done: Done = run.race(attempts, tally).await;
    let after = run.look(&route.path).await?;
    let mut written = done.exchanges.iter().filter(|done| done.status.is_success()).peekable();
    let Some(first) = written.peek().copied() else {
        // Whoever refuses a wildcard refuses it to all.
        if !is_same(&before, &after) && !done.is_unknown {
            tally.finding(
                "no bulk was acknowledged, and the list is another one after them",
                &[&before, &after],
            );
        }
        return Ok(());
    };
    if !done.is_unknown && !written.any(|done| shows.is_made_by(done, &after)) {
        tally.counts.lost += 1;
        let why = "of bulks that overwrite what is there, the list shows what none of them made";
        tally.finding(why, &[first, &after]);
    }
    Ok(())
}

async fn seen(run: &mut Run, route: &Route) -> Result<Seen, Stop> {
    let list = run.look(&route.path).await?;
    let mut items = Vec::new();
    for path in &route.items {
        items.push(run.look(path).await?);
    }
    Ok(Seen { list, items })
}

/// Somebody who reads the list again and again.
struct Watch {
    is_over: Arc<AtomicBool>,
    task: JoinHandle<Vec<Exchange>>,
}

impl Watch {
    fn start(run: &mut Run, path: &str) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let (over, server, deadline) = (Arc::clone(&is_over), run.server(), run.deadline);
        let (path, headers) = (path.to_owned(), run.kit.headers.clone());
        let task = tokio::spawn(async move {
            let mut seen: Vec<Exchange> = Vec::new();
            while !over.load(Ordering::Relaxed) && seen.len() < STATES {
                let (answer, _) = Attempt::get(&path).with(&headers).send(&server, deadline).await;
                let shown = answer.ok().filter(|shown| shown.status == 200);
                seen.extend(shown.filter(|shown| !seen.iter().any(|seen| is_same(seen, shown))));
                tokio::task::yield_now().await;
            }
            seen
        });
        Self { is_over, task }
    }

    /// Each state that was shown, once.
    async fn end(self) -> Vec<Exchange> {
        self.is_over.store(true, Ordering::Relaxed);
        self.task.await.unwrap_or_default()
    }
}

/// How many states of a list are kept: more than two are too many already.
const STATES: usize = 8;
