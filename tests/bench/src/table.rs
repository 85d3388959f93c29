//! The table that is printed, and whether its goals are met.

use std::process::ExitCode;

/// A goal for a figure.
#[derive(Debug, Clone, Copy)]
pub enum Goal {
    AtMost(f64),
    AtLeast(f64),
}

impl Goal {
    fn is_met_by(self, figure: f64) -> bool {
        match self {
            Self::AtMost(most) => figure <= most,
            Self::AtLeast(least) => figure >= least,
        }
    }
}

/// Prints rows as they are measured.
#[derive(Debug, Default)]
pub struct Table {
    missed: usize,
}

impl Table {
    /// Prints the heading.
    pub fn new(figure: &str) -> Self {
        println!("| what | against | {figure} | goal | met |");
        println!("|---|---|--:|--:|---|");
        Self::default()
    }

    /// Prints a row; one without a goal is there to be looked at.
    pub fn row(&mut self, what: &str, against: &str, figure: f64, goal: Option<Goal>) {
        let (sign, met) = match goal {
            None => (String::new(), ""),
            Some(goal) => {
                let is_met = goal.is_met_by(figure);
                self.missed += usize::from(!is_met);
                let sign = match goal {
                    Goal::AtMost(most) => format!("≤ {most}"),
                    Goal::AtLeast(least) => format!("≥ {least}"),
                };
                (sign, if is_met { "yes" } else { "**no**" })
            }
        };
        println!("| {what} | {against} | {figure:.3} | {sign} | {met} |");
    }

    /// A failure where a goal was missed and `--check` is among the arguments.
    pub fn finish(self) -> ExitCode {
        println!("\n{} missed", self.missed);
        match self.missed > 0 && std::env::args().any(|argument| argument == "--check") {
            true => ExitCode::FAILURE,
            false => ExitCode::SUCCESS,
        }
    }
}

/// Whether this CPU has instructions for SHA-256, which the crate `sha2` uses then.
pub fn has_sha_extensions() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("sha");
    #[cfg(target_arch = "aarch64")]
    return std::arch::is_aarch64_feature_detected!("sha2");
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    return false;
}
