//! All contenders in turns, as one table.

use std::time::Duration;

use crate::contender::{BARE, BY_HAND, Contender, Contenders};

/// How often all take turns.
const TURNS: usize = 200;
/// Calls in a turn: long against a read of the clock, short against the scheduler's time slice.
const CALLS: u64 = 5_000;

/// The fastest turn of a contender, in nanoseconds a call.
#[derive(Clone, Copy)]
struct Cost {
    ready: f64,
    yields: f64,
    fails: f64,
    two_threads: f64,
}

pub(crate) fn print(contenders: &Contenders) {
    let costs = costs(contenders);
    let of = |name: &str| contenders.all().iter().position(|one| one.name() == name).map(|place| costs[place]);
    let (bare, by_hand) = (of(BARE).expect("it is there"), of(BY_HAND).expect("it is there"));
    println!("nanoseconds a call, the fastest of {TURNS} turns; x is the ratio to `{BY_HAND}`;");
    println!("overhead is what a call costs beyond the untracked one, and its ratio");
    let head = ["ready", "x", "overhead", "x", "yields", "x", "fails", "x", "2 threads", "x", "alloc", "on error"];
    print!("{:<36}", "contender");
    head.iter().for_each(|word| print!("{word:>10}"));
    println!();
    for (contender, cost) in contenders.all().iter().zip(&costs) {
        print!("{:<36}", contender.name());
        let pairs = [
            (cost.ready, by_hand.ready),
            (cost.ready - bare.ready, by_hand.ready - bare.ready),
            (cost.yields, by_hand.yields),
            (cost.fails, by_hand.fails),
            (cost.two_threads, by_hand.two_threads),
        ];
        for (own, other) in pairs {
            print!("{own:>10.1}{:>10.2}", own / other);
        }
        let [good, bad] = contender.allocations();
        println!("{good:>10.3}{bad:>10.3}");
        contenders.upkeep();
    }
    println!();
}

fn costs(contenders: &Contenders) -> Vec<Cost> {
    let mut costs = vec![
        Cost { ready: f64::MAX, yields: f64::MAX, fails: f64::MAX, two_threads: f64::MAX };
        contenders.all().len()
    ];
    for _ in 0..TURNS {
        for (contender, cost) in contenders.all().iter().zip(&mut costs) {
            turn(contender, cost);
            contenders.upkeep();
        }
    }
    costs
}

fn turn(contender: &Contender, cost: &mut Cost) {
    let a_call = |took: Duration| took.as_nanos() as f64 / CALLS as f64;
    cost.ready = cost.ready.min(a_call(contender.ready(CALLS)));
    cost.yields = cost.yields.min(a_call(contender.yields(CALLS)));
    cost.fails = cost.fails.min(a_call(contender.fails(CALLS)));
    if let Some(took) = contender.at_once(CALLS) {
        cost.two_threads = cost.two_threads.min(a_call(took));
    }
}
