//! Two things that do the same job, measured in turns: what slows one round down slows both.

use std::array;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Carries a job out so many times.
pub type Calls<'a> = Box<dyn FnMut(u32) + 'a>;

/// How long a measurement takes.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// How long one of the two runs before it is the other's turn.
    pub turn: Duration,
    /// How often each has its turn.
    pub rounds: usize,
}

impl Effort {
    /// For a job within the process: turns are so short that few of them are interrupted.
    pub const IN_PROCESS: Self = Self { turn: Duration::from_micros(300), rounds: 401 };

    /// For a job that other processes and a disk take part in.
    pub const OUTSIDE: Self = Self { turn: Duration::from_millis(150), rounds: 25 };
}

/// What takes longer has fewer rounds, but not fewer than these.
const LONGEST: Duration = Duration::from_secs(6);
const FEWEST: usize = 9;

/// Carries out a job that ends at once.
pub fn calls<'a, R>(mut job: impl FnMut() -> R + 'a) -> Calls<'a> {
    Box::new(move |count| {
        for _ in 0..count {
            black_box(job());
        }
    })
}

/// How long the subject takes, in units of what the rival takes: the median of the rounds.
pub fn ratio(effort: Effort, subject: &mut Calls<'_>, rival: &mut Calls<'_>) -> f64 {
    let counts = (fitting(effort.turn, subject), fitting(effort.turn, rival));
    let begun = Instant::now();
    let ratios =
        (0..effort.rounds).take_while(|round| *round < FEWEST || begun.elapsed() < LONGEST).map(|round| {
            // Each is the first one in every other round.
            if round.is_multiple_of(2) {
                let time = each(subject, counts.0);
                time / each(rival, counts.1)
            } else {
                let time = each(rival, counts.1);
                each(subject, counts.0) / time
            }
        });
    median(ratios)
}

/// How many seconds each of some jobs takes: the median of the rounds, in which each has its turn.
pub fn seconds<const N: usize>(effort: Effort, mut jobs: [Calls<'_>; N]) -> [f64; N] {
    let counts = jobs.each_mut().map(|job| fitting(effort.turn, job));
    let begun = Instant::now();
    let rounds: Vec<[f64; N]> = (0..effort.rounds)
        .take_while(|round| *round < FEWEST || begun.elapsed() < LONGEST)
        .map(|_| array::from_fn(|number| each(&mut jobs[number], counts[number])))
        .collect();
    array::from_fn(|number| median(rounds.iter().map(|round| round[number])))
}

/// The middle one of some figures.
///
/// # Panics
///
/// Where there is none.
pub fn median(figures: impl IntoIterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.into_iter().collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// How often a job fits into a turn, once it is warm.
fn fitting(turn: Duration, job: &mut Calls<'_>) -> u32 {
    let mut count = 1;
    loop {
        let begun = Instant::now();
        job(count);
        if begun.elapsed() >= turn {
            return count;
        }
        count = count.saturating_mul(2);
    }
}

/// The seconds that each of so many calls takes.
fn each(job: &mut Calls<'_>, count: u32) -> f64 {
    let begun = Instant::now();
    job(count);
    begun.elapsed().as_secs_f64() / f64::from(count)
}
