//! The clock: every thread warms up, all start together, each round is timed by itself.

use std::{
    sync::Barrier,
    thread,
    time::{Duration, Instant},
};

/// How long, and by how many threads.
pub struct Plan {
    pub threads: u32,
    pub warm_up: Duration,
    pub run: Duration,
}

/// What was seen: every round of every thread.
pub struct Figures {
    /// Nanoseconds, sorted.
    rounds: Vec<u64>,
    elapsed: Duration,
    /// The first login of this process, where there was one.
    pub login: Option<Duration>,
}

/// Room for the rounds of one thread, so that nothing is allocated while the clock runs.
const ROUNDS_EXPECTED: usize = 1 << 20;

impl Plan {
    /// Runs `round` over and over in every thread. `prepare` makes one thread's state, before the clock starts.
    ///
    /// # Errors
    /// The first failure of any thread.
    pub fn run<State, E: Send>(
        &self,
        prepare: impl Fn(u32) -> Result<State, E> + Sync,
        round: impl Fn(&mut State) -> Result<(), E> + Sync,
    ) -> Result<Figures, E> {
        let start = Barrier::new(self.threads as usize);
        let one = |number: u32| {
            let ready = prepare(number).and_then(|mut state| {
                let warm = Instant::now();
                while warm.elapsed() < self.warm_up {
                    round(&mut state)?;
                }
                Ok((state, Vec::with_capacity(ROUNDS_EXPECTED)))
            });
            start.wait(); // also after a failure: the others wait for us
            let (mut state, mut rounds) = ready?;
            let began = Instant::now();
            let mut last = Duration::ZERO;
            while last < self.run {
                round(&mut state)?;
                let now = began.elapsed();
                rounds.push(u64::try_from((now - last).as_nanos()).unwrap_or(u64::MAX));
                last = now;
            }
            Ok((rounds, last))
        };
        let results: Vec<Result<(Vec<u64>, Duration), E>> = thread::scope(|scope| {
            let threads: Vec<_> = (0..self.threads).map(|number| scope.spawn(move || one(number))).collect();
            threads.into_iter().map(|thread| thread.join().expect("a measuring thread never panics")).collect()
        });
        let mut figures = Figures { rounds: Vec::new(), elapsed: Duration::ZERO, login: None };
        for result in results {
            let (rounds, elapsed) = result?;
            figures.rounds.extend(rounds);
            figures.elapsed = figures.elapsed.max(elapsed);
        }
        figures.rounds.sort_unstable();
        Ok(figures)
    }
}

impl Figures {
    /// One JSON object; latencies in microseconds.
    pub fn json(&self) -> String {
        let at = |share: f64| {
            // Rounds are fewer than 2^52, so the index is exact.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
            let index = ((self.rounds.len() - 1) as f64 * share) as usize;
            #[allow(clippy::cast_precision_loss)]
            let microseconds = self.rounds[index] as f64 / 1_000.0;
            microseconds
        };
        #[allow(clippy::cast_precision_loss)]
        let rate = self.rounds.len() as f64 / self.elapsed.as_secs_f64();
        let login = self.login.map_or("null".into(), |time| format!("{:.1}", time.as_secs_f64() * 1e6));
        format!(
            r#"{{"rounds":{},"p50_us":{:.3},"p99_us":{:.3},"per_second":{rate:.1},"login_us":{login}}}"#,
            self.rounds.len(),
            at(0.50),
            at(0.99),
        )
    }
}
