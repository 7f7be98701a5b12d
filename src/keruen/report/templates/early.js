try { var t = localStorage.getItem("keruen-theme"); if (t === "light" || t === "dark") document.documentElement.dataset.theme = t; } catch (e) { /* no storage */ }
