//! Several boards and the cases that wait for them: which case runs on which board next, and which boards are set aside.
//!
//! A pure machine: the shell around it takes locks, runs cases, and says what came of them. Cases go in their order; a case whose boards
//! are all busy lets the next one before it, so that no board idles while there is work for it.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::Trouble;

/// How often in a row a board may be in trouble before it is set aside, where there is no other for the case, or where the next time may
/// be better: the second time tells a loose contact from a broken board.
const STRIKES_MAX: u8 = 2;

/// The boards of a run and the cases that wait for them. Boards and cases are numbers that the shell gives.
#[derive(Debug, Clone, Default)]
pub struct Pool {
    boards: Vec<Seat>,
    cases: BTreeMap<usize, Wants>,
    waiting: BTreeSet<usize>,
}

#[derive(Debug, Clone, Default)]
struct Seat {
    state: State,
    /// What was flashed onto it last, in this run.
    image: Option<String>,
    strikes: u8,
    is_last_resort: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    /// Set aside for the rest of the run.
    Aside,
    /// Not ours.
    #[default]
    Away,
    /// A case runs on it.
    Busy,
    /// Ours, and free.
    Idle,
}

/// What a case can run on, and what it puts there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wants {
    /// The boards that will do, in the order of their preference.
    pub boards: Vec<usize>,
    /// Its image: a board that has it already need not be written.
    pub image: String,
}

/// A case that could begin on a board now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// The case.
    pub case: usize,
    /// The board.
    pub board: usize,
    /// Whether the board is ours; otherwise its lock has to be had first.
    pub is_ours: bool,
}

/// What becomes of a case and its board after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// The board is set aside, and another one may take the case.
    AsideAndMoved,
    /// The board is set aside, and there is no other for the case.
    AsideAndOver,
    /// The board stays.
    Stays,
}

impl Pool {
    /// So many boards, none of them ours yet. Those of `last_resort` are used only where nothing else will do.
    #[must_use]
    pub fn new(boards: usize, last_resort: &BTreeSet<usize>) -> Self {
        let seat = |index| Seat { is_last_resort: last_resort.contains(&index), ..Seat::default() };
        Self { boards: (0..boards).map(seat).collect(), ..Self::default() }
    }

    /// A case waits for a board.
    pub fn wait(&mut self, case: usize, wants: Wants) {
        self.cases.insert(case, wants);
        self.waiting.insert(case);
    }

    /// Whether no case waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The cases that wait, in their order.
    #[must_use]
    pub fn waiting(&self) -> Vec<usize> {
        self.waiting.iter().copied().collect()
    }

    /// The boards that a case may still run on: those that were not set aside, and the last resort only where there is nothing else.
    #[must_use]
    pub fn boards_of(&self, case: usize) -> Vec<usize> {
        let is_good =
            |board: &usize| self.boards.get(*board).is_some_and(|seat| !seat.is_last_resort);
        let left = self.left(case);
        let good: Vec<_> = left.iter().copied().filter(is_good).collect();
        if good.is_empty() { left } else { good }
    }

    /// The boards that will do for a case and were not set aside.
    fn left(&self, case: usize) -> Vec<usize> {
        let boards = self.cases.get(&case).map_or(&[][..], |wants| &wants.boards);
        let is_left = |board: &usize| self.state(*board) != State::Aside;
        boards.iter().copied().filter(is_left).collect()
    }

    /// What could begin now, the best first: cases in their order, each on a board that has its image, else on one that is ours, else on
    /// another.
    #[must_use]
    pub fn offers(&self) -> Vec<Offer> {
        let mut offers = Vec::new();
        for case in &self.waiting {
            let image = self.cases.get(case).map(|wants| &wants.image);
            let mut boards = self.boards_of(*case);
            boards.retain(|board| matches!(self.state(*board), State::Away | State::Idle));
            boards.sort_by_key(|board| {
                let has_it =
                    self.boards.get(*board).is_some_and(|seat| seat.image.as_ref() == image);
                (!has_it, self.state(*board) != State::Idle)
            });
            let offer =
                |board| Offer { case: *case, board, is_ours: self.state(board) == State::Idle };
            offers.extend(boards.into_iter().map(offer));
        }
        offers
    }

    /// Whether all boards that a case may run on are somebody else's, so that nothing of this run will free one.
    #[must_use]
    pub fn waits_for_others(&self, case: usize) -> bool {
        self.boards_of(case).iter().all(|board| self.state(*board) == State::Away)
    }

    /// A case begins on a board, which is ours now.
    pub fn begin(&mut self, offer: Offer) {
        self.waiting.remove(&offer.case);
        let image = self.cases.get(&offer.case).map(|wants| wants.image.clone());
        if let Some(seat) = self.boards.get_mut(offer.board) {
            seat.state = State::Busy;
            seat.image = image;
        }
    }

    /// A case that nobody waits for any more: no board was to be had.
    pub fn give_up(&mut self, case: usize) {
        self.waiting.remove(&case);
    }

    /// Takes in what an attempt on a board says about the board.
    pub fn judge(&mut self, case: usize, board: usize, trouble: Option<Trouble>) -> Judgement {
        let has_other = self.left(case).iter().any(|other| *other != board);
        let Some(seat) = self.boards.get_mut(board) else { return Judgement::Stays };
        let Some(trouble) = trouble else {
            seat.strikes = 0;
            return Judgement::Stays;
        };
        seat.strikes += 1;
        let is_hopeless = match trouble {
            Trouble::AnotherBoard => true,
            Trouble::Brownouts | Trouble::Unreachable | Trouble::Unswitched => has_other,
            Trouble::FlashFailed => false,
        };
        if !is_hopeless && seat.strikes < STRIKES_MAX {
            return Judgement::Stays;
        }
        seat.state = State::Aside;
        if has_other { Judgement::AsideAndMoved } else { Judgement::AsideAndOver }
    }

    /// A case is over on a board, or will be moved from it.
    pub fn end(&mut self, case: usize, board: usize, and: Afterwards) {
        if let Some(seat) = self.boards.get_mut(board).filter(|seat| seat.state == State::Busy) {
            seat.state = State::Idle;
        }
        if and == Afterwards::WaitAgain {
            self.waiting.insert(case);
        }
    }

    /// The boards that are ours and that no waiting case can use; they are not ours afterwards.
    pub fn let_go(&mut self) -> Vec<usize> {
        let needed: BTreeSet<_> =
            self.waiting.iter().flat_map(|case| self.boards_of(*case)).collect();
        let mut free = Vec::new();
        for (index, seat) in self.boards.iter_mut().enumerate() {
            let is_over = seat.state == State::Idle && !needed.contains(&index);
            if is_over {
                seat.state = State::Away;
            }
            if is_over || seat.state == State::Aside {
                free.push(index);
            }
        }
        free
    }

    fn state(&self, board: usize) -> State {
        // A number that nobody gave is a board that cannot be had.
        self.boards.get(board).map_or(State::Aside, |seat| seat.state)
    }
}

/// What a case does when an attempt is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Afterwards {
    /// It is over.
    Over,
    /// It waits for another board.
    WaitAgain,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wants(boards: &[usize]) -> Wants {
        Wants { boards: boards.to_vec(), image: "thing".into() }
    }

    fn pool(cases: &[&[usize]]) -> Pool {
        let mut pool = Pool::new(3, &BTreeSet::new());
        for (case, boards) in cases.iter().enumerate() {
            pool.wait(case, wants(boards));
        }
        pool
    }

    /// Begins the best offer; gives its case and board.
    fn begin(pool: &mut Pool) -> Option<(usize, usize)> {
        let offer = pool.offers().into_iter().next()?;
        pool.begin(offer);
        Some((offer.case, offer.board))
    }

    #[test]
    fn cases_go_in_their_order_and_no_board_idles() {
        let mut pool = pool(&[&[0], &[0], &[0, 1], &[2]]);
        assert_eq!(begin(&mut pool), Some((0, 0)));
        assert_eq!(begin(&mut pool), Some((2, 1)), "case 1 waits, and lets the next one before it");
        assert_eq!(begin(&mut pool), Some((3, 2)));
        assert_eq!(begin(&mut pool), None);
        pool.end(0, 0, Afterwards::Over);
        assert_eq!(begin(&mut pool), Some((1, 0)));
        assert!(pool.is_empty());
    }

    #[test]
    fn a_board_that_has_the_image_goes_before_one_that_is_ours_and_that_before_others() {
        let mut pool = Pool::new(3, &BTreeSet::new());
        let other = Wants { image: "other".into(), ..wants(&[1]) };
        pool.wait(0, other);
        pool.wait(1, wants(&[2]));
        begin(&mut pool);
        begin(&mut pool);
        pool.end(0, 1, Afterwards::Over);
        pool.end(1, 2, Afterwards::Over);
        pool.wait(2, wants(&[0, 1, 2]));
        let order: Vec<_> =
            pool.offers().iter().map(|offer| (offer.board, offer.is_ours)).collect();
        assert_eq!(order, [(2, true), (1, true), (0, false)]);
    }

    #[test]
    fn a_board_that_does_not_answer_is_set_aside_at_once_where_another_fits() {
        let mut pool = pool(&[&[0, 1], &[0]]);
        begin(&mut pool);
        let judgement = pool.judge(0, 0, Some(Trouble::Unreachable));
        assert_eq!(judgement, Judgement::AsideAndMoved);
        pool.end(0, 0, Afterwards::WaitAgain);
        assert_eq!(begin(&mut pool), Some((0, 1)));
        assert!(pool.boards_of(1).is_empty(), "the case that only fits there has nothing left");
    }

    #[test]
    fn a_board_without_a_substitute_gets_a_second_chance() {
        let mut pool = pool(&[&[0]]);
        begin(&mut pool);
        assert_eq!(pool.judge(0, 0, Some(Trouble::Unreachable)), Judgement::Stays);
        assert_eq!(pool.judge(0, 0, Some(Trouble::Brownouts)), Judgement::AsideAndOver);
    }

    #[test]
    fn flashing_may_fail_once_and_the_wrong_board_is_never_tried_again() {
        let mut pool = pool(&[&[0, 1], &[1, 2]]);
        begin(&mut pool);
        begin(&mut pool);
        assert_eq!(pool.judge(0, 0, Some(Trouble::FlashFailed)), Judgement::Stays);
        assert_eq!(pool.judge(0, 0, None), Judgement::Stays);
        assert_eq!(pool.judge(0, 0, Some(Trouble::FlashFailed)), Judgement::Stays, "not in a row");
        assert_eq!(pool.judge(0, 0, Some(Trouble::FlashFailed)), Judgement::AsideAndMoved);
        assert_eq!(pool.judge(1, 1, Some(Trouble::AnotherBoard)), Judgement::AsideAndMoved);
    }

    #[test]
    fn the_last_resort_is_used_only_where_nothing_else_will_do() {
        let mut pool = Pool::new(2, &BTreeSet::from([0]));
        pool.wait(0, wants(&[0, 1]));
        pool.wait(1, wants(&[0]));
        assert_eq!(begin(&mut pool), Some((0, 1)));
        assert_eq!(begin(&mut pool), Some((1, 0)));
    }

    #[test]
    fn boards_that_nobody_needs_are_let_go() {
        let mut pool = pool(&[&[0], &[1], &[1]]);
        begin(&mut pool);
        begin(&mut pool);
        pool.end(0, 0, Afterwards::Over);
        pool.end(1, 1, Afterwards::Over);
        assert_eq!(pool.let_go(), [0]);
        assert!(pool.waits_for_others(0) && !pool.waits_for_others(2));
    }

    proptest! {
        /// Whatever happens to the boards, each case is over once, or has no board left.
        #[test]
        fn every_case_comes_to_its_end(
            cases in prop::collection::vec(prop::collection::btree_set(0usize..4, 1..4), 1..12),
            troubles in prop::collection::vec(0u8..12, 0..60),
        ) {
            let mut pool = Pool::new(4, &BTreeSet::from([3]));
            let mut over = vec![0; cases.len()];
            for (case, boards) in cases.iter().enumerate() {
                pool.wait(case, wants(&boards.iter().copied().collect::<Vec<_>>()));
            }
            let mut troubles = troubles.into_iter();
            let mut running = std::collections::VecDeque::new();
            loop {
                if let Some(offer) = pool.offers().into_iter().next() {
                    prop_assert!(running.iter().all(|other: &Offer| other.board != offer.board));
                    pool.begin(offer);
                    running.push_back(offer);
                    continue;
                }
                let Some(Offer { case, board, .. }) = running.pop_front() else { break };
                let trouble = match troubles.next() {
                    Some(0) => Some(Trouble::AnotherBoard),
                    Some(1 | 2) => Some(Trouble::Unreachable),
                    Some(3) => Some(Trouble::FlashFailed),
                    _ => None,
                };
                let moved = pool.judge(case, board, trouble) == Judgement::AsideAndMoved;
                over[case] += usize::from(!moved);
                pool.end(case, board, if moved { Afterwards::WaitAgain } else { Afterwards::Over });
                pool.let_go();
            }
            for case in pool.waiting() {
                prop_assert!(pool.boards_of(case).is_empty());
                over[case] += 1;
            }
            prop_assert!(over.iter().all(|count| *count == 1), "{over:?}");
        }
    }
}
