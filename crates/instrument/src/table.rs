//! A table that only grows, up to a limit, and is read without a lock.

use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use foldhash::fast::RandomState;

/// The highest limit of a table: its places are allocated at once.
const HIGHEST_LIMIT: usize = 65_536;

/// A map from `N` names to series with open addressing. An entry is never moved or removed, so a reader needs no lock and may
/// keep a reference for as long as the table lives.
pub(crate) struct Table<T, const N: usize> {
    slots: Box<[OnceLock<Entry<T, N>>]>,
    /// Written while `growth` is held, and only after the slot it counts.
    taken: AtomicUsize,
    growth: Mutex<()>,
    limit: usize,
    hasher: RandomState,
}

/// A key and what belongs to it, which is made after the key has its place: so no code of others runs under the lock.
struct Entry<T, const N: usize> {
    key: [Box<str>; N],
    value: OnceLock<T>,
}

impl<T, const N: usize> Table<T, N> {
    /// A table that takes `limit` entries, 65,536 at most, and not one more.
    pub(crate) fn new(limit: usize) -> Self {
        let limit = limit.min(HIGHEST_LIMIT);
        // Never more than half full: a search ends at an empty slot, and soon.
        let slots = (limit.max(1) * 2).next_power_of_two();
        Self {
            slots: (0..slots).map(|_| OnceLock::new()).collect(),
            taken: AtomicUsize::new(0),
            growth: Mutex::new(()),
            limit,
            hasher: RandomState::default(),
        }
    }

    /// The entry of `key`, made by `make` where there is none; `None` where the table is full.
    ///
    /// `make` is called once for each key, unless it panics. Threads that come meanwhile with the same key wait for it.
    pub(crate) fn entry(&self, key: [&str; N], make: impl FnOnce() -> T) -> Option<&T> {
        let entry = match self.find(key, self.first(key)) {
            Ok(entry) => entry,
            Err(empty) => self.insert(key, empty)?,
        };
        Some(entry.value.get_or_init(make))
    }

    /// Where the search of `key` begins.
    fn first(&self, key: [&str; N]) -> usize {
        // Bytes alone: what `Hash` puts between texts costs as much as they do, and two keys of one hash are told apart
        // when they are compared.
        let mut hasher = self.hasher.build_hasher();
        key.iter().for_each(|part| hasher.write(part.as_bytes()));
        // The mask keeps the lower bits; a wider hash loses nothing that matters.
        (hasher.finish() as usize) & (self.slots.len() - 1)
    }

    /// The entry of `key`, looked for from the slot `at` on; else the empty slot that ended the search.
    fn find(&self, key: [&str; N], mut at: usize) -> Result<&Entry<T, N>, usize> {
        loop {
            match self.slots[at].get() {
                Some(entry) if entry.is(key) => return Ok(entry),
                Some(_) => at = (at + 1) & (self.slots.len() - 1),
                None => return Err(at),
            }
        }
    }

    /// Gives `key` a place, in `empty` or behind it, unless another thread was there first.
    #[cold]
    fn insert(&self, key: [&str; N], empty: usize) -> Option<&Entry<T, N>> {
        // A full table stays as it is, so nobody waits for the lock. Whoever counted the last place had filled it before:
        // the second look finds what came after the first one.
        if self.taken.load(Ordering::Acquire) >= self.limit {
            return self.find(key, empty).ok();
        }
        let _growth = self.growth.lock().unwrap_or_else(PoisonError::into_inner);
        let empty = match self.find(key, empty) {
            Ok(entry) => return Some(entry),
            Err(empty) => empty,
        };
        let taken = self.taken.load(Ordering::Relaxed);
        if taken >= self.limit {
            return None;
        }
        let entry = self.slots[empty].get_or_init(|| Entry { key: key.map(Box::from), value: OnceLock::new() });
        self.taken.store(taken + 1, Ordering::Release);
        Some(entry)
    }
}

impl<T, const N: usize> Entry<T, N> {
    fn is(&self, key: [&str; N]) -> bool {
        self.key.iter().zip(key).all(|(own, other)| {
            // An empty text points nowhere. `memcmp` of no bytes reads none there, yet where it is made of masked loads, as
            // in glibc on AVX-512, the processor takes 70 ns to find that out: as long as all else that tracking does.
            own.len() == other.len() && (other.is_empty() || **own == *other)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;
    use std::sync::{Arc, Barrier};
    use std::thread;

    use super::*;

    fn key(name: &str) -> [&str; 3] {
        ["select", "content", name]
    }

    #[test]
    fn a_table_takes_as_many_entries_as_its_limit_and_keeps_them() {
        for limit in [0, 1, 2, 3, 100, 128] {
            let table = Table::new(limit);
            let names: Vec<_> = (0..300).map(|n| n.to_string()).collect();
            let kept: Vec<_> = names.iter().filter(|name| table.entry(key(name), || name.len()).is_some()).collect();
            assert_eq!(kept, names.iter().take(limit).collect::<Vec<_>>(), "limit {limit}");
            for name in kept {
                assert_eq!(table.entry(key(name), || unreachable!("it was made before")), Some(&name.len()));
            }
        }
    }

    #[test]
    fn an_absurd_limit_is_cut_to_what_can_be_allocated() {
        let table = Table::<(), 1>::new(usize::MAX);
        assert_eq!((table.limit, table.slots.len()), (HIGHEST_LIMIT, 2 * HIGHEST_LIMIT));
    }

    #[test]
    fn the_parts_of_a_key_do_not_run_into_each_other() {
        let table = Table::new(10);
        for (number, key) in [["ab", "c", ""], ["a", "bc", ""], ["", "ab", "c"], ["", "", ""]].into_iter().enumerate() {
            assert_eq!(table.entry(key, || number), Some(&number));
        }
    }

    #[test]
    fn one_key_is_made_once_however_many_threads_want_it_first() {
        for round in 0..200 {
            // The key takes the last place: a thread that is late must find it, not a full table.
            let table = Table::new(1);
            let made = AtomicU64::new(0);
            let start = Barrier::new(4);
            let seen: Vec<_> = thread::scope(|scope| {
                let thread = || {
                    scope.spawn(|| {
                        start.wait();
                        table.entry(key("one"), || made.fetch_add(1, Ordering::Relaxed)).copied()
                    })
                };
                let threads: Vec<_> = (0..4).map(|_| thread()).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            assert_eq!((seen, made.into_inner()), (vec![Some(0); 4], 1), "round {round}");
        }
    }

    #[test]
    fn who_looked_before_the_last_place_was_taken_finds_who_took_it() {
        let table = Table::new(1);
        let Err(empty) = table.find(key("one"), table.first(key("one"))) else { panic!("nothing is in there") };
        // Another thread comes in between.
        assert_eq!(table.entry(key("one"), || 1), Some(&1));
        let found = table.insert(key("one"), empty).unwrap();
        assert_eq!((found.value.get(), table.taken.load(Ordering::Relaxed)), (Some(&1), 1));
    }

    #[test]
    fn who_looked_before_another_entry_took_the_place_goes_behind_it() {
        let table = Table::new(2);
        let first = table.first(key("late"));
        let early = (0..1000).map(|n| n.to_string()).find(|name| table.first(key(name)) == first).unwrap();
        let Err(empty) = table.find(key("late"), first) else { panic!("nothing is in there") };
        table.entry(key(&early), || 1).unwrap();
        let late = table.insert(key("late"), empty).unwrap();
        assert!(late.is(key("late")) && late.value.get().is_none());
        assert_eq!(table.entry(key(&early), || 2), Some(&1));
    }

    #[test]
    fn threads_with_different_keys_fill_the_table_to_its_limit_and_no_further() {
        for _ in 0..50 {
            let table = Arc::new(Table::new(100));
            let start = Arc::new(Barrier::new(4));
            let threads: Vec<_> = (0..4)
                .map(|thread| {
                    let (table, start) = (Arc::clone(&table), Arc::clone(&start));
                    thread::spawn(move || {
                        start.wait();
                        // Half of the names are those of the next thread too.
                        (0..80).filter(|n| table.entry(key(&(thread * 40 + n).to_string()), || ()).is_some()).count()
                    })
                })
                .collect();
            let found: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
            let filled = table.slots.iter().filter(|slot| slot.get().is_some()).count();
            assert_eq!((filled, table.taken.load(Ordering::Relaxed)), (100, 100));
            assert!(found >= 100, "each of the 100 entries was found by who made it, not {found}");
        }
    }

    #[test]
    fn what_makes_an_entry_may_use_the_table_itself() {
        let table = Table::new(2);
        let outer = table.entry(key("outer"), || 1 + table.entry(key("inner"), || 1).unwrap());
        assert_eq!(outer, Some(&2));
    }
}
