//! Partial evaluation of a template: known values are printed, the rest stays a template.

use handlebars::template::{HelperTemplate, Parameter, TemplateElement};
use handlebars::{
    Context, Handlebars, JsonTruthy as _, Path, PathAndJson, PathSeg, RenderContext,
    RenderErrorReason, Renderable as _, Template,
};
use serde_json::Value;

pub(crate) type Rendered<T> = Result<T, handlebars::RenderError>;

/// Some of what a template names, and its values.
pub(crate) struct Known<'a> {
    pub(crate) engine: &'a Handlebars<'static>,
    pub(crate) values: &'a Context,
}

impl Known<'_> {
    /// What is left of a template, with its layout put in.
    pub(crate) fn left_of(&self, name: &str) -> Rendered<Template> {
        let mut left = Template::new();
        left.name = Some(name.to_owned());
        self.add(self.template(name)?, None, &mut left)?;
        Ok(left)
    }

    fn template(&self, name: &str) -> Rendered<&Template> {
        let missing = || RenderErrorReason::TemplateNotFound(name.to_owned());
        Ok(self.engine.get_template(name).ok_or_else(missing)?)
    }

    /// Adds what is left of `template`; a layout has `body` in it.
    fn add(
        &self,
        template: &Template,
        body: Option<&Template>,
        left: &mut Template,
    ) -> Rendered<()> {
        for element in &template.elements {
            match element {
                TemplateElement::RawString(text) => add_text(text, left),
                TemplateElement::Comment(_) => {}
                TemplateElement::HelperBlock(block) if choice(block).is_some() => {
                    self.add_choice(block, body, left)?;
                }
                TemplateElement::Expression(place) | TemplateElement::HelperBlock(place)
                    if self.has(place) =>
                {
                    let mut state = RenderContext::new(None);
                    add_text(
                        &element.renders(self.engine, self.values, &mut state)?,
                        left,
                    );
                }
                TemplateElement::Expression(_) => left.elements.push(element.clone()),
                TemplateElement::PartialExpression(included)
                | TemplateElement::PartialBlock(included) => {
                    match (included.name.as_name().unwrap_or_default(), body) {
                        ("@partial-block", Some(body)) => self.add(body, None, left)?,
                        (name, _) => {
                            self.add(self.template(name)?, included.template.as_ref(), left)?;
                        }
                    }
                }
                // What is repeated for each mail would have names of its own.
                _ => {
                    let problem = "only what is known can be repeated".to_owned();
                    return Err(RenderErrorReason::Other(problem).into());
                }
            }
        }
        Ok(())
    }

    /// Adds the side that is chosen where that is known, else both.
    fn add_choice(
        &self,
        block: &HelperTemplate,
        body: Option<&Template>,
        left: &mut Template,
    ) -> Rendered<()> {
        let left_of = |side: &Option<Template>| {
            let mut left = Template::new();
            match side {
                Some(side) => self.add(side, body, &mut left).map(|()| Some(left)),
                None => Ok(None),
            }
        };
        match block.params.first().zip(choice(block)) {
            Some((param, wanted)) if self.knows(param) => {
                let mut state = RenderContext::new(None);
                let value = param.expand(self.engine, self.values, &mut state)?;
                let is_chosen = given(&value)?.is_truthy(false) == wanted;
                let side = if is_chosen {
                    &block.template
                } else {
                    &block.inverse
                };
                side.iter().try_for_each(|side| self.add(side, body, left))
            }
            _ => {
                let mut block = Box::new(block.clone());
                block.template = left_of(&block.template)?;
                block.inverse = left_of(&block.inverse)?;
                left.elements.push(TemplateElement::HelperBlock(block));
                Ok(())
            }
        }
    }

    /// Whether all that is printed is known.
    fn has(&self, place: &HelperTemplate) -> bool {
        let mut params = place.params.iter().chain(place.hash.values());
        if place.params.is_empty() {
            self.knows(&place.name)
        } else {
            params.all(|param| self.knows(param))
        }
    }

    fn knows(&self, param: &Parameter) -> bool {
        match param {
            Parameter::Literal(_) => true,
            Parameter::Path(Path::Relative((names, _))) => match names.as_slice() {
                [PathSeg::Named(name), ..] => self.values.data().get(name).is_some(),
                _ => false,
            },
            Parameter::Subexpression(called) => {
                let mut params = called.params().into_iter().flatten();
                params.all(|param| self.knows(param))
            }
            _ => false,
        }
    }
}

fn add_text(text: &str, left: &mut Template) {
    match left.elements.last_mut() {
        Some(TemplateElement::RawString(last)) => last.push_str(text),
        _ => left
            .elements
            .push(TemplateElement::RawString(text.to_owned())),
    }
}

/// The outcome that a choice prints its first side for; `None` for other blocks.
fn choice(block: &HelperTemplate) -> Option<bool> {
    match block.name.as_name() {
        Some("if") => Some(true),
        Some("unless") => Some(false),
        _ => None,
    }
}

/// The value of a name; an error where there is none.
pub(crate) fn given<'a>(param: &'a PathAndJson<'_>) -> Rendered<&'a Value> {
    if param.is_value_missing() {
        let name = param.relative_path().cloned();
        return Err(RenderErrorReason::MissingVariable(name).into());
    }
    Ok(param.value())
}
