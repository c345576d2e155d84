//! Metrics by label, and how they are registered. A label is an enum, so its values are bounded;
//! each combination is resolved when it is declared, so that counting is one atomic addition.

use std::marker::PhantomData;

use prometheus::core::{Collector, MetricVec, MetricVecBuilder};
use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry, Result,
};

use super::labels::Label;

/// One metric value per label.
#[derive(Debug)]
pub struct By<L, M> {
    all: Vec<M>,
    label: PhantomData<fn(L)>,
}

impl<L: Label, M> By<L, M> {
    fn new(make: impl FnMut(&L) -> M) -> Self {
        Self {
            all: L::ALL.iter().map(make).collect(),
            label: PhantomData,
        }
    }

    /// The metric with this label.
    ///
    /// `None` cannot happen for a label in `L::ALL`; callers go through the typed methods below.
    fn get(&self, label: &L) -> Option<&M> {
        let index = L::ALL.iter().position(|known| known == label)?;
        self.all.get(index)
    }
}

impl<L: Label> By<L, IntCounter> {
    /// Counts one.
    pub fn inc(&self, label: L) {
        self.add(label, 1);
    }

    /// Counts `count`.
    pub fn add(&self, label: L, count: u64) {
        if let Some(counter) = self.get(&label) {
            counter.inc_by(count);
        }
    }
}

impl<L: Label> By<L, IntGauge> {
    /// Sets the gauge.
    pub fn set(&self, label: L, value: i64) {
        if let Some(gauge) = self.get(&label) {
            gauge.set(value);
        }
    }
}

impl<L: Label> By<L, Histogram> {
    /// Counts one observation, in seconds.
    pub fn observe(&self, label: L, seconds: f64) {
        if let Some(histogram) = self.get(&label) {
            histogram.observe(seconds);
        }
    }
}

impl<A: Label, B: Label> By<A, By<B, IntCounter>> {
    /// Counts one.
    pub fn inc2(&self, first: A, second: B) {
        self.add2(first, second, 1);
    }

    /// Counts `more`.
    pub fn add2(&self, first: A, second: B, more: u64) {
        if let Some(counters) = self.get(&first) {
            counters.add(second, more);
        }
    }
}

/// Makes metrics and registers them.
pub(super) struct Declare(pub(super) Registry);

impl Declare {
    fn register<C: Collector + Clone + 'static>(&self, collector: C) -> Result<C> {
        self.0.register(Box::new(collector.clone()))?;
        Ok(collector)
    }

    /// The metrics of `family`, one for each value of its label.
    fn by<L: Label, T: MetricVecBuilder + 'static>(
        &self,
        family: MetricVec<T>,
    ) -> Result<By<L, T::M>> {
        let family = self.register(family)?;
        Ok(By::new(|label: &L| {
            family.with_label_values(&[label.text()])
        }))
    }

    pub(super) fn counter(&self, name: &str, help: &str) -> Result<IntCounter> {
        self.register(IntCounter::new(name, help)?)
    }

    pub(super) fn gauge(&self, name: &str, help: &str) -> Result<IntGauge> {
        self.register(IntGauge::new(name, help)?)
    }

    pub(super) fn histogram(&self, name: &str, help: &str, buckets: &[f64]) -> Result<Histogram> {
        let options = HistogramOpts::new(name, help).buckets(buckets.to_vec());
        self.register(Histogram::with_opts(options)?)
    }

    pub(super) fn counters<L: Label>(&self, name: &str, help: &str) -> Result<By<L, IntCounter>> {
        self.by(IntCounterVec::new(Opts::new(name, help), &[L::NAME])?)
    }

    pub(super) fn counters2<A: Label, B: Label>(
        &self,
        name: &str,
        help: &str,
    ) -> Result<By<A, By<B, IntCounter>>> {
        let family = IntCounterVec::new(Opts::new(name, help), &[A::NAME, B::NAME])?;
        let family = self.register(family)?;
        Ok(By::new(|a: &A| {
            By::new(|b: &B| family.with_label_values(&[a.text(), b.text()]))
        }))
    }

    pub(super) fn gauges<L: Label>(&self, name: &str, help: &str) -> Result<By<L, IntGauge>> {
        self.by(IntGaugeVec::new(Opts::new(name, help), &[L::NAME])?)
    }

    pub(super) fn histograms<L: Label>(
        &self,
        name: &str,
        help: &str,
        buckets: &[f64],
    ) -> Result<By<L, Histogram>> {
        let options = HistogramOpts::new(name, help).buckets(buckets.to_vec());
        self.by(HistogramVec::new(options, &[L::NAME])?)
    }
}
