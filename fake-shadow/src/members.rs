//! The members of a JSON object, in the order in which they were first sent.
//!
//! Nearly all objects have few members: those stand in one piece of memory and are found by comparing, which takes a third of
//! the memory of a table and none of its hashing. Large ones have a table, so that no document takes long to read.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::slice;

use compact_str::CompactString;
use indexmap::IndexMap;

/// A name in an object; a short one takes no memory of its own.
pub(crate) type Key = CompactString;

/// How many members are found by comparing.
const FEW: usize = 24;

/// Members by key, in order.
#[derive(Debug, Clone)]
pub(crate) struct Members<T>(Kept<T>);

#[derive(Debug, Clone)]
enum Kept<T> {
    Few(Vec<(Key, T)>),
    Many(Box<IndexMap<Key, T>>),
}

impl<T> Members<T> {
    pub(crate) const fn new() -> Self {
        Self(Kept::Few(Vec::new()))
    }

    /// Without members, with room for so many.
    pub(crate) fn with_room(members: usize) -> Self {
        Self(Kept::Few(Vec::with_capacity(members.min(FEW))))
    }

    pub(crate) fn len(&self) -> usize {
        match &self.0 {
            Kept::Few(few) => few.len(),
            Kept::Many(many) => many.len(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn get(&self, key: &str) -> Option<&T> {
        match &self.0 {
            Kept::Few(few) => few.iter().find(|member| member.0 == key).map(|member| &member.1),
            Kept::Many(many) => many.get(key),
        }
    }

    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut T> {
        match &mut self.0 {
            Kept::Few(few) => {
                few.iter_mut().find(|member| member.0 == key).map(|member| &mut member.1)
            }
            Kept::Many(many) => many.get_mut(key),
        }
    }

    /// Puts a member at the end, or in the place of the one of its key.
    pub(crate) fn insert(&mut self, key: Key, value: T) {
        if let Kept::Few(few) = &mut self.0
            && few.len() >= FEW
        {
            self.0 = Kept::Many(Box::new(std::mem::take(few).into_iter().collect()));
        }
        match &mut self.0 {
            Kept::Few(few) => match few.iter_mut().find(|member| member.0 == key) {
                Some(member) => member.1 = value,
                None => few.push((key, value)),
            },
            Kept::Many(many) => {
                many.insert(key, value);
            }
        }
    }

    /// Takes a member out; the rest keeps its order.
    pub(crate) fn remove(&mut self, key: &str) {
        match &mut self.0 {
            Kept::Few(few) => few.retain(|member| member.0 != key),
            Kept::Many(many) => {
                many.shift_remove(key);
            }
        }
    }

    /// Gives back the memory that is not used.
    pub(crate) fn shrink(&mut self) {
        match &mut self.0 {
            Kept::Few(few) => few.shrink_to_fit(),
            Kept::Many(many) => many.shrink_to_fit(),
        }
    }

    /// Acts on each value.
    pub(crate) fn each_mut(&mut self, mut act: impl FnMut(&mut T)) {
        match &mut self.0 {
            Kept::Few(few) => few.iter_mut().for_each(|member| act(&mut member.1)),
            Kept::Many(many) => many.values_mut().for_each(act),
        }
    }

    pub(crate) fn iter(&self) -> Iter<'_, T> {
        match &self.0 {
            Kept::Few(few) => Iter::Few(few.iter()),
            Kept::Many(many) => Iter::Many(many.iter()),
        }
    }
}

/// Goes over members in order.
pub(crate) enum Iter<'a, T> {
    Few(slice::Iter<'a, (Key, T)>),
    Many(indexmap::map::Iter<'a, Key, T>),
}

impl<'a, T> Iterator for Iter<'a, T> {
    type Item = (&'a Key, &'a T);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Few(few) => few.next().map(|(key, value)| (key, value)),
            Self::Many(many) => many.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::Few(few) => few.size_hint(),
            Self::Many(many) => many.size_hint(),
        }
    }
}

impl<'a, T> IntoIterator for &'a Members<T> {
    type Item = (&'a Key, &'a T);
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

/// Goes over members that are used up.
pub(crate) enum IntoIter<T> {
    Few(std::vec::IntoIter<(Key, T)>),
    Many(indexmap::map::IntoIter<Key, T>),
}

impl<T> Iterator for IntoIter<T> {
    type Item = (Key, T);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Few(few) => few.next(),
            Self::Many(many) => many.next(),
        }
    }
}

impl<T> IntoIterator for Members<T> {
    type Item = (Key, T);
    type IntoIter = IntoIter<T>;

    fn into_iter(self) -> IntoIter<T> {
        match self.0 {
            Kept::Few(few) => IntoIter::Few(few.into_iter()),
            Kept::Many(many) => IntoIter::Many(many.into_iter()),
        }
    }
}

impl<T> FromIterator<(Key, T)> for Members<T> {
    /// Of equal keys the last value counts, in the place of the first.
    fn from_iter<I: IntoIterator<Item = (Key, T)>>(members: I) -> Self {
        let members = members.into_iter();
        let mut collected = Self::with_room(members.size_hint().0);
        for (key, value) in members {
            collected.insert(key, value);
        }
        collected
    }
}

/// As of tables: the order is not compared.
impl<T: PartialEq> PartialEq for Members<T> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|(key, value)| other.get(key) == Some(value))
    }
}

impl<T> Default for Members<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug, Clone)]
    enum Step {
        Insert(u8, u32),
        Remove(u8),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            5 => (0..60_u8, any::<u32>()).prop_map(|(key, value)| Step::Insert(key, value)),
            1 => (0..60_u8).prop_map(Step::Remove),
        ]
    }

    proptest! {
        #[test]
        fn few_and_many_behave_as_one_table(steps in prop::collection::vec(step(), 0..120)) {
            let key = |number: &u8| Key::from(format!("a key that is not short: {number}"));
            let (mut members, mut table) = (Members::new(), IndexMap::new());
            for step in &steps {
                match step {
                    Step::Insert(number, value) => {
                        members.insert(key(number), *value);
                        table.insert(key(number), *value);
                    }
                    Step::Remove(number) => {
                        members.remove(&key(number));
                        table.shift_remove(&key(number));
                    }
                }
            }
            prop_assert_eq!(members.len(), table.len());
            prop_assert!(members.iter().eq(table.iter()));
            for number in 0..60 {
                prop_assert_eq!(members.get(&key(&number)), table.get(&key(&number)));
            }
            let backwards: Members<u32> = table.clone().into_iter().rev().collect();
            prop_assert_eq!(&members, &backwards);
            members.shrink();
            prop_assert!(members.into_iter().eq(table));
        }
    }
}
