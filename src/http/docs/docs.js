"use strict";

window.SwaggerUIBundle({
  dom_id: "#docs",
  url: "/api/upsell/v1/openapi.json",
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: 0,
  defaultModelExpandDepth: 4,
  displayRequestDuration: true,
  filter: true,
  // Asks no other host whether the document is valid.
  validatorUrl: null,
});
